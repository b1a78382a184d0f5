// What is asked of an aggregator and is no part of training: certificates, verdicts, models for use, an operator's
// model.
#include "brume/error.hpp"
#include "core/files.hpp"
#include "core/model_file.hpp"
#include "net/aggregator_node.hpp"
#include "net/reports.hpp"
#include "net/wire.pb.h"

namespace brume::net {

void AggregatorNode::open_desk() {
  if (file_.issuer.empty()) return;
  desk_ = std::make_unique<CertificateDesk>(file_.issuer, file_.certificate_days, store_, tls_, log_,
                                            [this](NodeId node) { return no_place(node); });
}

void AggregatorNode::on_certificate_request(Session& session, const wire::Envelope& envelope) {
  if (desk_) return desk_->handle(session, envelope, *children_);
  children_->answer(session.id(), no_certificate(envelope, "this aggregator issues no certificates"));
}

// Its own issuer.
bool AggregatorNode::renew(const std::string& new_key) {
  if (desk_) {
    take_certificate(desk_->issue(*tls_.own(), public_key_of(new_key)));
  } else {
    log_.warning("the certificate is more than half over", {{"not_after", tls_.own()->not_after}});
  }
  return true;
}

void AggregatorNode::on_revocations() {
  children_->check_revocations(tls_);
  children_->broadcast(revocations());
}

// ---- An operator's model ------------------------------------------------------------------------------------------

// One that was taken in before a crash; its step may be on disk already.
void AggregatorNode::import_left_behind() try {
  const auto file = file_.state / kImportedModel;
  if (!std::filesystem::exists(file)) return;
  auto model = std::make_shared<const Parameters>(read_model_file(file));
  if (model->digest() == aggregator_->model().digest()) return void(std::filesystem::remove(file));
  replace(std::move(model));
} catch (const Error& error) {
  log_.error("an operator's model was not taken in", {{"why", error.what()}});
}

void AggregatorNode::replace(std::shared_ptr<const Parameters> model) {
  importing_ = true;
  host_->tell(Replace{std::move(model)});
}

void AggregatorNode::imported() {
  importing_ = false;
  std::filesystem::remove(file_.state / kImportedModel);
}

// The file stays until the step is on disk: a crash does not forget what was taken in.
std::string AggregatorNode::import_model(const std::filesystem::path& offered) {
  if (importing_) throw RequestError("another model waits for its turn");
  if (!begun_) throw RequestError("the federation has not begun yet: too few devices are connected");
  auto model = std::make_shared<const Parameters>(read_model_file(offered));
  if (model->layout().digest() != parts_.contract.layout->digest())
    throw RequestError(fmt::format("this model has {} parameters in another layout than the federation's, which has {}",
                                   model->layout().size(), parts_.contract.layout->size()));
  publish_file(offered, file_.state / kImportedModel);
  const auto before = aggregator_->version();
  replace(std::move(model));
  const bool at_once = aggregator_->version() > before;
  log_.info("model imported", {{"at_once", at_once}});
  return at_once ? fmt::format("it is version {} now", aggregator_->version())
                 : "it takes its place when the open round has ended";
}

// ---- The model for use, and verdicts ------------------------------------------------------------------------------

// Once it is settled, for those who wait for it.
void AggregatorNode::put_model() {
  if (shelf_->wanted() && aggregator_->version() == shelf_->newest())
    shelf_->put(aggregator_->version(), aggregator_->encoded_model());
}

void AggregatorNode::on_request(Session& session, const wire::Envelope& envelope) {
  if (envelope.has_ask()) {
    const bool settled = written_ == aggregator_->version();  // what is on disk is all that has been decided
    return session.send(verdict_on(envelope.ask(), *aggregator_, settled, *history_));
  }
  shelf_->fetch(session.peer()->node);
  put_model();
}

std::string AggregatorNode::too_new(Version newest) const {
  const auto version = aggregator_->version();
  if (newest < version || (newest == version && aggregator_->is_open(version)) || newest == 0) return {};
  return fmt::format(
      "this node has worked for version {}, and the aggregator's state ends with {}: it is an older copy. 'brume state "
      "restore' with --version {} goes on behind it",
      newest, version, newest);
}

}  // namespace brume::net
