#pragma once

#include <dovetail/stream.h>
#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

/// Sees the values of tensors that were marked with INetworkDefinition::markDebug. Implemented by the user.
class IDebugListener : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IDebugListener", 1, 0}; }
  /// \param addr  Valid until the call returns. \return False to fail the run.
  virtual bool processDebugTensor(void const* addr, TensorLocation location, DataType type, Dims const& shape,
                                  char const* name, cudaStream_t stream) = 0;
};

}  // namespace DOVETAIL_NAMESPACE
