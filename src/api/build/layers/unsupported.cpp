// Layers that the interface has and the library does not compute yet. Each is one line: name, and what to do instead.

#include "api/build/network.h"

namespace dvt::api {

template <class Interface>
Interface* Network::refuse(std::string_view layer, std::string_view instead) const noexcept {
  guarded(reporter_,
          [&] { throw Error(ErrorCode::kUnsupported, "the layer ", layer, " is not supported yet; ", instead); });
  return nullptr;
}

IDistCollectiveLayer* Network::addDistCollective(ITensor&, CollectiveOperation, ReduceOperation, int64_t, int64_t*,
                                                 int64_t) noexcept {
  return refuse<IDistCollectiveLayer>("DistCollective", "an engine runs on one device");
}
IPluginV2Layer* Network::addPluginV2(ITensor* const*, int32_t, IPluginV2& plugin) noexcept {
  return refuse<IPluginV2Layer>(concat("PluginV2 '", plugin.getPluginType(), "'"), "express it with layers");
}
IPluginV3Layer* Network::addPluginV3(ITensor* const*, int32_t, ITensor* const*, int32_t, IPluginV3& plugin) noexcept {
  const auto* core = static_cast<IPluginV3OneCore*>(plugin.getCapabilityInterface(PluginCapabilityType::kCORE));
  return refuse<IPluginV3Layer>(concat("PluginV3 '", core == nullptr ? "" : core->getPluginName(), "'"),
                                "express it with layers");
}

}  // namespace dvt::api
