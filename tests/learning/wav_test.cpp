#include "learning/data/wav.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>

#include "brume/error.hpp"
#include "learning/data/log_mel.hpp"
#include "learning/data/path_pattern.hpp"
#include "learning/data/wav_file.hpp"
#include "learning/partitions/partitions.hpp"
#include "tests/learning/support.hpp"

namespace brume::learning {
namespace {

using ::testing::HasSubstr;

template <class T>
std::string little_endian(T value) {
  std::string bytes(sizeof value, ' ');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::vector<std::int16_t> tone(double hertz, std::size_t samples, double rate = 8000) {
  std::vector<std::int16_t> values;
  for (std::size_t i = 0; i < samples; ++i)
    values.push_back(
        static_cast<std::int16_t>(10000 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate)));
  return values;
}

std::string wav(const std::vector<std::int16_t>& samples, std::uint16_t channels = 1, std::uint16_t bits = 16) {
  std::string data;
  for (const auto sample : samples) data += little_endian(sample);
  const auto format = little_endian<std::uint16_t>(1) + little_endian(channels) + little_endian<std::uint32_t>(8000) +
                      little_endian<std::uint32_t>(16000) + little_endian<std::uint16_t>(2) + little_endian(bits);
  const auto body = "WAVEfmt " + little_endian<std::uint32_t>(16) + format + "LIST" + little_endian<std::uint32_t>(3) +
                    "abc " + "data" + little_endian(static_cast<std::uint32_t>(data.size())) + data;
  return "RIFF" + little_endian(static_cast<std::uint32_t>(body.size())) + body;
}

TEST(Wav, ReadsPcm) {
  const Scratch scratch;
  scratch.write("a.wav", wav({0, 16384, -32768}));
  const auto recording = read_wav(scratch.path / "a.wav");
  EXPECT_EQ(recording.rate, 8000);
  EXPECT_EQ(recording.samples, (std::vector<float>{0, 0.5, -1}));
}

TEST(Wav, SaysWhatIsWrong) {
  const Scratch scratch;
  const auto problem = [&](const std::string& bytes) {
    scratch.write("bad.wav", bytes);
    try {
      read_wav(scratch.path / "bad.wav");
    } catch (const RequestError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const auto good = wav(tone(440, 100));
  EXPECT_THAT(problem(wav({1, 2}, 2)), HasSubstr("bad.wav: it has 2 channels; convert it to one"));
  EXPECT_THAT(problem(wav({1, 2}, 1, 8)), HasSubstr("8 bits, only 16-bit PCM is read"));
  EXPECT_THAT(problem(good.substr(0, good.size() - 10)), HasSubstr("is truncated: 200 bytes are promised"));
  EXPECT_THAT(problem("RIFF"), HasSubstr("is no WAV file"));
  EXPECT_THAT(problem(wav({})), HasSubstr("has no samples"));
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_NE(problem(good.substr(0, length)), "") << length;
}

TEST(LogMel, ATonesEnergyIsInItsBand) {
  const LogMel mel({8000, 0.5, 0.032, 0.016, 20});
  EXPECT_EQ(mel.frames(), (4000 - 256) / 128 + 1);
  for (const double hertz : {300.0, 1000.0, 2500.0}) {
    std::vector<float> samples;
    for (const auto value : tone(hertz, 4000)) samples.push_back(static_cast<float>(value) / 32768);
    std::vector<float> out(static_cast<std::size_t>(mel.bands() * mel.frames()));
    mel.compute(samples, out.data());
    std::int64_t loudest = 0;
    for (std::int64_t band = 1; band < mel.bands(); ++band)
      if (out[static_cast<std::size_t>(band * mel.frames())] > out[static_cast<std::size_t>(loudest * mel.frames())])
        loudest = band;
    // Band b's middle is edge b + 1 of 22 between 20 and 4000 Hz on the mel scale.
    const auto to_mel = [](double f) { return 2595 * std::log10(1 + f / 700); };
    const double place = (to_mel(hertz) - to_mel(20)) / (to_mel(4000) - to_mel(20)) * 21 - 1;
    EXPECT_NEAR(static_cast<double>(loudest), place, 0.6) << hertz;
  }
}

TEST(PathPattern, FindsLabelAndDevice) {
  const auto digits = PathPattern("{label}_{device}_{}.wav").match("7_jackson_32.wav");
  ASSERT_TRUE(digits);
  EXPECT_EQ(digits->label, "7");
  EXPECT_EQ(digits->device, "jackson");
  const auto words = PathPattern("{label}/{device}_nohash_{}.wav").match("bed/0a7c2a8d_nohash_0.wav");
  ASSERT_TRUE(words);
  EXPECT_EQ(words->device, "0a7c2a8d");
  EXPECT_FALSE(PathPattern("{label}_{device}_{}.wav").match("noise.wav"));
  EXPECT_THROW(PathPattern("{device}.wav"), RequestError);
  EXPECT_THROW(PathPattern("{label}_{speaker}.wav"), RequestError);
  EXPECT_THROW(PathPattern("{label"), RequestError);
}

TEST(Wav, AFolderIsADataSet) {
  const Scratch scratch;
  for (int i = 0; i < 10; ++i) {
    scratch.write("low_ann_" + std::to_string(i) + ".wav", wav(tone(300 + i, 3000)));
    scratch.write("high_bob_" + std::to_string(i) + ".wav", wav(tone(2000 + i, 5000)));
  }
  scratch.write("readme.wav", "not one of them");
  WavDataset dataset;
  SetOptions options({{"path", "."}, {"rate", "8000"}, {"length", "500 ms"}});
  dataset.declare(options);
  EXPECT_EQ(options.wrong, "");
  const auto data = dataset.federate({scratch.path, 2, 1, std::make_shared<NaturalPartition>()});
  EXPECT_EQ(data->shape().text(), "1×40×30");
  EXPECT_EQ(data->shape().classes, 2);
  EXPECT_EQ(data->test_count(), 4U);
  Examples examples;
  data->load(0, examples);  // ann, who says low: the second in order
  EXPECT_EQ(examples.labels, std::vector<std::int32_t>(8, 1));
  double sum = 0;
  for (DeviceIndex device = 0; device < 2; ++device) {
    data->load(device, examples);
    for (const float x : examples.features) sum += x;
  }
  EXPECT_NEAR(sum / (16.0 * 40 * 30), 0, 1e-3);  // bands are standardised over both
}

}  // namespace
}  // namespace brume::learning
