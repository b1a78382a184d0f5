#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "client/model_receiver.hpp"
#include "federation/contract.hpp"
#include "net/parent.hpp"

namespace brume::bench {

/// What the light clients of a process share: the contract, and the update that all of them send, made once a version.
class Answers {
 public:
  bool known() const { return part_.has_value(); }
  const std::string& digest() const { return digest_; }
  std::string layout_digest() const;
  MessageLimits limits() const { return part_->most_from_above(); }
  void learn(federation::Contract contract);
  UpdateMessage answer(const TaskMessage& task);

 private:
  std::optional<federation::Contract> contract_;
  std::optional<federation::CombiningPart> part_;
  std::string digest_;
  std::unique_ptr<client::ModelReceiver> receiver_;
  std::optional<Version> version_;
  std::vector<EncodedVector> vectors_;
};

/// A device that trains nothing: real sessions, recorded updates.
class LightClient final : private net::Parent::User {
 public:
  struct Counters {
    std::uint64_t connected = 0;
    std::uint64_t joined = 0;  ///< so far
    std::uint64_t stored = 0;
    std::uint64_t included = 0;
  };
  LightClient(boost::asio::io_context& context, const net::Address& address, std::unique_ptr<net::TlsContext> tls,
              const net::NodeClock& clock, const net::Log& log, Answers& answers, Counters& counters);
  void start() { parent_.start(); }
  void close() { parent_.close(); }

 private:
  std::string contract_digest() const override { return answers_.digest(); }
  void on_contract(const wire::Welcome& welcome) override;
  void on_welcome(const wire::Welcome& /*welcome*/) override {}
  void describe(wire::Ready& ready) const override;
  std::string no_parent(NodeId /*node*/) const override { return {}; }
  MessageLimits limits() const override { return answers_.limits(); }
  void on_joined() override;
  void on_left() override { --counters_.connected; }
  void on_message(Message message) override;
  void on_envelope(const wire::Envelope& /*envelope*/) override {}
  bool on_refused(const wire::Refusal& /*refusal*/) override { return false; }

  std::unique_ptr<net::TlsContext> tls_;
  Answers& answers_;
  Counters& counters_;
  std::optional<UpdateMessage> pending_;  // not stored yet
  net::Parent parent_;
};

}  // namespace brume::bench
