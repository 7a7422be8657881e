#pragma once

#include <dovetail/layer.h>
#include <dovetail/plugin_v2.h>
#include <dovetail/plugin_v3.h>

namespace DOVETAIL_NAMESPACE {

/// A plugin of the older form in a network.
class IPluginV2Layer : public ILayer {
 public:
  /// The layer's own clone.
  virtual IPluginV2& getPlugin() noexcept = 0;

 protected:
  ~IPluginV2Layer() noexcept override = default;
};

/// A plugin in a network.
class IPluginV3Layer : public ILayer {
 public:
  /// The layer's own clone.
  virtual IPluginV3& getPlugin() noexcept = 0;

 protected:
  ~IPluginV3Layer() noexcept override = default;
};

}  // namespace DOVETAIL_NAMESPACE
