#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "messages/role.hpp"
#include "net/clock.hpp"
#include "storage/store.hpp"

namespace brume::net {

/// Drives a role on an io_context's thread: tells it what happens, carries out what it asks for, and lets a message go
/// that waits for a record when that is on disk.
class RoleHost {
 public:
  /// Where the role's actions lead; each called on the io_context's thread.
  class World {
   public:
    virtual ~World() = default;
    virtual void send(NodeId to, const Message& message) = 0;
    virtual void train(const Train& action) = 0;
    virtual void evaluate(const Evaluate& action) = 0;
    virtual void drop(const TaskId& task) = 0;
    virtual void report(const RoundReport& round) = 0;
    virtual void finish() = 0;
    /// Something more is on disk.
    virtual void on_written() {}
    /// What the host itself put into the store with this token, from kOwnTokens on, is on disk.
    virtual void on_noted(Token /*token*/) {}
    /// Nothing can be promised any more; the process must end.
    virtual void fail(const std::string& problem) = 0;
  };

  static constexpr Token kOwnTokens = Token{1} << 63;

  /// Makes the role again from the store's records. Throws FormatError.
  RoleHost(boost::asio::io_context& context, std::unique_ptr<Role> role, storage::Store& store, const NodeClock& clock,
           World& world);

  void start() { tell(Started{}); }
  /// Nothing is told and nothing done any more; what was given to the store is still written.
  void close();
  void tell(Event event);
  Role& role() { return *role_; }
  /// Persisting under way, in records.
  std::size_t unwritten() const { return unwritten_.size(); }
  /// To be called now and then: exchanges records for a snapshot when there are many.
  void compact();
  /// What the store tells of, on any thread.
  storage::Store::OnDurable on_durable();

 private:
  void handle(const Event& event);
  void compact_if_behind();
  void replace_records();
  void perform(Action& action);
  void perform_when_written(Action action);
  void persist(Persist& action);
  void durable(const std::vector<Token>& tokens, const std::string& problem);
  void set_timer(const SetTimer& timer);
  void arm();
  void fire();

  boost::asio::io_context& context_;
  std::unique_ptr<Role> role_;
  storage::Store& store_;
  const NodeClock& clock_;
  World& world_;
  std::deque<Event> events_;
  bool handling_ = false;
  bool closed_ = false;  // or failed
  std::set<Token> unwritten_;
  std::multimap<Token, Action> waiting_;  // for that record
  std::multimap<Time, Token> timers_;
  boost::asio::steady_timer timer_;
  std::uint64_t written_bytes_ = 0;  // since the last snapshot
  std::uint64_t records_ = 0;
  std::uint64_t snapshot_bytes_ = 0;                            // of the last one
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what the store's thread posts
};

}  // namespace brume::net
