#include "api/build/layer.h"

#include "api/build/network.h"
#include "api/convert.h"

namespace dvt::api {

Layer::Layer(Network& network, LayerType type, std::string_view type_name, std::vector<Tensor*> inputs, int num_outputs)
    : network_(network),
      type_(type),
      type_name_(type_name),
      name_(concat("(Unnamed Layer* ", network.next_layer_number(), ") [", type_name, "]")),
      inputs_(std::move(inputs)),
      output_types_(static_cast<size_t>(num_outputs)) {
  for (int i = 0; i < num_outputs; ++i) outputs_.push_back(std::make_unique<Tensor>(network, *this, i));
}

const Reporter& Layer::reporter() const { return network_.reporter(); }

void Layer::touch() noexcept { network_.forget(*this); }

void Layer::set_name(char const* text) noexcept {
  guarded(reporter(), [&] {
    name_ = required(text, "the layer's name");
    for (const auto& t : outputs_) t->set_default_name(name_);
    touch();
  });
}

bool Layer::set_input(int32_t index, ITensor& tensor) noexcept {
  return guarded(reporter(), [&] {
    if (index < 0 || index >= max_inputs())
      throw Error(ErrorCode::kInvalidArgument, "layer '", name_, "' (", type_name_, ") has no input ", index,
                  "; it can have ", max_inputs());
    Tensor& given = network_.own(tensor);
    if (static_cast<size_t>(index) >= inputs_.size()) inputs_.resize(static_cast<size_t>(index) + 1, nullptr);
    inputs_[static_cast<size_t>(index)] = &given;
    touch();
  });
}

void Layer::clear_input(int32_t index) {
  if (index < static_cast<int32_t>(inputs_.size())) inputs_[static_cast<size_t>(index)] = nullptr;
  while (!inputs_.empty() && inputs_.back() == nullptr) inputs_.pop_back();
  touch();
}

void Layer::set_output_type(int32_t index, std::optional<DataType> type) noexcept {
  guarded(reporter(), [&] {
    if (index < 0 || index >= static_cast<int32_t>(outputs_.size()))
      throw Error(ErrorCode::kInvalidArgument, "layer '", name_, "' has no output ", index);
    if (type) to_dtype(*type);
    output_types_[static_cast<size_t>(index)] = type;
    touch();
  });
}

}  // namespace dvt::api
