// Layers that the interface has and the library does not compute yet. Each is one line: name, and what to do instead.

#include "api/build/network.h"

namespace dvt::api {

template <class Interface>
Interface* Network::refuse(std::string_view layer, std::string_view instead) const noexcept {
  guarded(reporter_,
          [&] { throw Error(ErrorCode::kUnsupported, "the layer ", layer, " is not supported yet; ", instead); });
  return nullptr;
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
