#include "bench/load_client.hpp"

#include "federation/builtin.hpp"
#include "net/reports.hpp"
#include "net/wire.pb.h"

namespace brume::bench {

std::string Answers::layout_digest() const {
  const auto& digest = contract_->layout->digest();
  return {digest.begin(), digest.end()};
}

void Answers::learn(federation::Contract contract) {
  if (part_) return;
  contract_ = std::move(contract);
  part_.emplace(*contract_, federation::combining_registry());
  digest_ = net::digest_bytes(*contract_);
  receiver_ = std::make_unique<client::ModelReceiver>(part_->downlink(), contract_->layout, 1,
                                                      part_->make_history(compression::ModelHistory::Keeps::newest));
}

UpdateMessage Answers::answer(const TaskMessage& task) {
  if (version_ != task.task.version) {
    version_ = task.task.version;
    vectors_.clear();
    FrameContext context;
    context.base = *receiver_->receive(task.model).digest;
    context.version = task.task.version;
    for (const auto& spec : part_->vectors()) {
      std::vector<float> values(spec.layout->size());
      Stream stream(1, Purpose::uplink, task.task.version);
      for (auto& value : values) value = static_cast<float>(stream.uniform() * 1e-3);
      State none;
      vectors_.push_back({spec.name, part_->uplink().encode(values, *spec.layout, context, stream, none)});
    }
  }
  return {task.task, vectors_, {}, 60, 0.5, 60, Duration(1)};
}

LightClient::LightClient(boost::asio::io_context& context, const net::Address& address,
                         std::unique_ptr<net::TlsContext> tls, const net::NodeClock& clock, const net::Log& log,
                         Answers& answers, Counters& counters)
    : tls_(std::move(tls)),
      answers_(answers),
      counters_(counters),
      parent_(context, {address}, std::nullopt, *tls_, clock, log, {}, static_cast<net::Parent::User&>(*this)) {}

void LightClient::on_contract(const wire::Welcome& welcome) { answers_.learn(net::contract_from(welcome)); }

void LightClient::describe(wire::Ready& ready) const { ready.set_layout_digest(answers_.layout_digest()); }

void LightClient::on_joined() {
  ++counters_.connected;
  ++counters_.joined;
  if (pending_) parent_.send(*pending_);
}

void LightClient::on_message(Message message) {
  if (const auto* task = std::get_if<TaskMessage>(&message)) {
    pending_ = answers_.answer(*task);
    parent_.send(*pending_);
  } else if (std::holds_alternative<StoredMessage>(message)) {
    ++counters_.stored;
    pending_.reset();
  } else if (const auto* settled = std::get_if<SettledMessage>(&message)) {
    counters_.included += settled->outcome == Outcome::included ? 1 : 0;
    pending_.reset();
    parent_.send(AcknowledgedMessage{settled->task});
  }
}

}  // namespace brume::bench
