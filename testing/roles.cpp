// The roles of a Tree and who is above whom.
#include "aggregator/aggregator.hpp"
#include "algorithms/uniform_selection.hpp"
#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "fog_node/fog_node.hpp"
#include "testing/world.hpp"

namespace brume::testing {

namespace {

class LowestRanks final : public SelectionPolicy {
 public:
  LowestRanks(std::uint64_t cohort, double over_selection) : cohort_(cohort), over_selection_(over_selection) {}
  std::uint64_t cohort() const override { return cohort_; }
  double over_selection() const override { return over_selection_; }
  void set_cohort(std::uint64_t cohort) override { cohort_ = cohort; }
  std::shared_ptr<const Ranking> ranking(std::uint64_t devices, Version version, std::uint64_t seed) const override {
    return algorithms::UniformSelection().ranking(devices, version, seed);
  }

 private:
  std::uint64_t cohort_;
  double over_selection_;
};

}  // namespace

// The devices whose connection to this node is up.
class Tree::World::Connected final : public Population {
 public:
  Connected(const World& world, NodeId node) : world_(world), node_(node) {}
  std::uint64_t size() const override { return world_.options_.devices; }
  bool available(DeviceIndex device) const override {
    const NodeId id = NodeId::device(device);
    return world_.parent_of(id) == node_ && world_.links_.at(id).up;
  }

 private:
  const World& world_;
  NodeId node_;
};

Tree::World::World(std::shared_ptr<const Algorithm> algorithm, TreeOptions options, TreeObserver* observer)
    : algorithm_(std::move(algorithm)),
      options_(std::move(options)),
      observer_(observer),
      plain_(std::make_shared<const compression::Chain>(std::vector<std::shared_ptr<const Stage>>{})),
      uplink_(options_.uplink ? options_.uplink : plain_),
      task_(algorithm_, uplink_, options_),
      receiver_(std::make_shared<client::ModelReceiver>(plain_, task_.layout(), 4)),
      chances_(options_.seed, Purpose::plugin),
      faults_(options_.faults.seed, Purpose::plugin, 1),
      first_{0} {
  if (options_.devices == 0) throw RequestError("a tree has at least one device");
  for (const auto count : options_.tiers) first_.push_back(first_.back() + count);
  std::vector<NodeId> ids{NodeId::cloud()};
  for (std::uint64_t i = 0; i < first_.back(); ++i) ids.push_back(NodeId::fog(i));
  for (DeviceIndex i = 0; i < options_.devices; ++i) ids.push_back(NodeId::device(i));
  for (const auto id : ids) {
    if (id != NodeId::cloud()) links_[id];
    nodes_[id].id = id;
  }
  for (auto& [id, one] : nodes_) one.role = make_role(one);
  for (auto& [id, one] : nodes_) tell(id, Started{});
  for (auto& [lower, link] : links_) connect(lower);
}

NodeId Tree::World::parent_of(NodeId id) const {
  std::size_t tier = options_.tiers.size();
  std::uint64_t place = id.index;
  if (id.role == NodeId::Role::fog) {
    tier = 0;
    while (id.index >= first_[tier + 1]) ++tier;
    place = id.index - first_[tier];
  }
  return tier == 0 ? NodeId::cloud() : NodeId::fog(first_[tier - 1] + place % options_.tiers[tier - 1]);
}

NodeId::Role Tree::World::children_of(NodeId id) const {
  const bool lowest =
      id.role == NodeId::Role::cloud ? options_.tiers.empty() : id.index >= first_[options_.tiers.size() - 1];
  return lowest ? NodeId::Role::device : NodeId::Role::fog;
}

std::shared_ptr<compression::ModelHistory> Tree::World::make_history(compression::ModelHistory::Keeps keeps) const {
  if (!options_.changes) return nullptr;
  return std::make_shared<compression::ModelHistory>(compression::ModelHistory::Codecs{plain_, options_.changes},
                                                     task_.layout(), keeps);
}

std::unique_ptr<Role> Tree::World::make_fog_node(const Node& of, std::shared_ptr<const SelectionPolicy> selection,
                                                 std::shared_ptr<compression::ModelHistory> history) {
  fog_node::Setup setup;
  setup.self = of.id;
  setup.parent = parent_of(of.id);
  setup.algorithm = algorithm_;
  setup.selection = std::move(selection);
  setup.uplink = uplink_;
  setup.fog_uplink = options_.fog_uplink;
  setup.error_feedback = options_.fog_uplink && options_.fog_uplink->traits().contraction;
  setup.downlink = plain_;
  setup.receiver = of.receiver;
  setup.population = std::make_shared<const Connected>(*this, of.id);
  setup.layout = task_.layout();
  setup.children = children_of(of.id);
  setup.seed = options_.seed;
  setup.most_unsettled = options_.most_unsettled;
  setup.history = std::move(history);
  return std::make_unique<RoleOf<fog_node::FogNode>>(std::move(setup));
}

std::unique_ptr<Role> Tree::World::make_role(Node& of) {
  const std::uint64_t cohort = options_.cohort == 0 ? options_.devices : options_.cohort;
  const auto selection = std::make_shared<const LowestRanks>(cohort, options_.over_selection);
  const auto population = std::make_shared<const Connected>(*this, of.id);
  const auto& layout = task_.layout();
  if (of.id.role == NodeId::Role::cloud) {
    aggregator::Setup setup{algorithm_, selection,  uplink_,           options_.fog_uplink,
                            plain_,     population, children_of(of.id)};
    setup.seed = options_.seed;
    setup.rounds = options_.rounds;
    setup.deadline = options_.deadline;
    setup.history = make_history(compression::ModelHistory::Keeps::recent);
    return std::make_unique<RoleOf<aggregator::Aggregator>>(std::move(setup), Parameters(layout));
  }
  const bool fog = of.id.role == NodeId::Role::fog;
  const auto history =
      make_history(fog ? compression::ModelHistory::Keeps::recent : compression::ModelHistory::Keeps::newest);
  // Each has a receiver of its own where it can be behind.
  of.receiver = history ? std::make_shared<client::ModelReceiver>(plain_, layout, 1, history) : receiver_;
  if (fog) return make_fog_node(of, selection, history);
  of.store = std::make_shared<client::ClientStore>();
  auto setup = std::make_shared<const client::Setup>(
      client::Setup{of.receiver, of.store, uplink_, algorithm_->vectors(layout), algorithm_->broadcast(layout)});
  return std::make_unique<RoleOf<client::Client>>(of.id, parent_of(of.id), std::move(setup));
}

const Parameters& Tree::World::model() const {
  return dynamic_cast<const RoleOf<aggregator::Aggregator>&>(*nodes_.at(NodeId::cloud()).role).role.model();
}

State Tree::World::server_state() const {
  return dynamic_cast<const RoleOf<aggregator::Aggregator>&>(*nodes_.at(NodeId::cloud()).role).role.state();
}

std::uint64_t Tree::World::unsettled() const {
  std::uint64_t count = 0;
  for (const auto& [id, one] : nodes_)
    if (const auto* device = dynamic_cast<const RoleOf<client::Client>*>(one.role.get()))
      count += device->role.settled() ? 0 : 1;
  return count;
}

client::ClientStore& Tree::World::store(DeviceIndex device) const { return *nodes_.at(NodeId::device(device)).store; }

}  // namespace brume::testing
