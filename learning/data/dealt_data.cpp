#include "learning/data/dealt_data.hpp"

#include "brume/error.hpp"

namespace brume::learning {

std::shared_ptr<const FederatedData> deal(std::shared_ptr<const PooledData> table, const DataRequest& request) {
  if (!request.partition)
    throw RequestError("the data set is one table: name how it is dealt to devices, for example 'partition: iid'");
  Assignment assignment = request.partition->deal(*table, request.devices, request.seed);
  return std::make_shared<DealtData>(std::move(table), std::move(assignment));
}

}  // namespace brume::learning
