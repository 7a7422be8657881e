// Layers that the interface has and the library does not compute yet. Each is one line: name, and what to do instead.

#include "api/build/network.h"

namespace dvt::api {

template <class Interface>
Interface* Network::refuse(std::string_view layer, std::string_view instead) const noexcept {
  guarded(reporter_,
          [&] { throw Error(ErrorCode::kUnsupported, "the layer ", layer, " is not supported yet; ", instead); });
  return nullptr;
}

IDynamicQuantizeLayer* Network::addDynamicQuantize(ITensor&, int32_t, int32_t, DataType, DataType) noexcept {
  return refuse<IDynamicQuantizeLayer>("DynamicQuantize", "use a quantize layer with a fixed scale");
}
IDynamicQuantizeLayer* Network::addDynamicQuantizeV2(ITensor&, Dims const&, DataType, DataType) noexcept {
  return refuse<IDynamicQuantizeLayer>("DynamicQuantize", "use a quantize layer with a fixed scale");
}
IAttention* Network::addAttentionV2(ITensor&, ITensor&, ITensor&, AttentionNormalizationOp, CausalMaskKind) noexcept {
  return refuse<IAttention>("Attention", "use the operator attention, or matrix products and a softmax");
}
IRotaryEmbeddingLayer* Network::addRotaryEmbedding(ITensor&, ITensor&, ITensor&, bool, int32_t) noexcept {
  return refuse<IRotaryEmbeddingLayer>("RotaryEmbedding", "write it out with slices and products");
}
IKVCacheUpdateLayer* Network::addKVCacheUpdate(ITensor&, ITensor&, ITensor&, KVCacheMode) noexcept {
  return refuse<IKVCacheUpdateLayer>("KVCacheUpdate", "use a scatter layer");
}
IMoELayer* Network::addMoE(ITensor&, ITensor&, ITensor&) noexcept {
  return refuse<IMoELayer>("MoE", "write the experts out as matrix products");
}
IDistCollectiveLayer* Network::addDistCollective(ITensor&, CollectiveOperation, ReduceOperation, int64_t, int64_t*,
                                                 int64_t) noexcept {
  return refuse<IDistCollectiveLayer>("DistCollective", "an engine runs on one device");
}
IFullyConnectedLayer* Network::addFullyConnected(ITensor&, int32_t, Weights, Weights) noexcept {
  return refuse<IFullyConnectedLayer>("FullyConnected", "use a convolution or a matrix product");
}
IRNNv2Layer* Network::addRNNv2(ITensor&, int32_t, int32_t, int32_t, RNNOperation) noexcept {
  return refuse<IRNNv2Layer>("RNNv2", "use the operators lstm and gru");
}
IPluginV2Layer* Network::addPluginV2(ITensor* const*, int32_t, IPluginV2& plugin) noexcept {
  return refuse<IPluginV2Layer>(concat("PluginV2 '", plugin.getPluginType(), "'"), "express it with layers");
}
IPluginV3Layer* Network::addPluginV3(ITensor* const*, int32_t, ITensor* const*, int32_t, IPluginV3& plugin) noexcept {
  const auto* core = static_cast<IPluginV3OneCore*>(plugin.getCapabilityInterface(PluginCapabilityType::kCORE));
  return refuse<IPluginV3Layer>(concat("PluginV3 '", core == nullptr ? "" : core->getPluginName(), "'"),
                                "express it with layers");
}
INMSLayer* Network::addNMS(ITensor&, ITensor&, ITensor&, DataType) noexcept {
  return refuse<INMSLayer>("NMS", "mark boxes and scores as outputs and select boxes in the program");
}
ILoop* Network::addLoop() noexcept {
  return refuse<ILoop>("Loop", "unroll the loop, or use the operators lstm and gru");
}
IIfConditional* Network::addIfConditional() noexcept {
  return refuse<IIfConditional>("IfConditional", "compute both branches and choose with Select");
}

}  // namespace dvt::api
