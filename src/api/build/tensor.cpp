#include "api/build/tensor.h"

#include "api/build/layer.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "api/wall.h"

namespace dvt::api {

Tensor::Tensor(Network& network, std::string name, DataType type, std::vector<int64_t> dims)
    : network_(network), name_(std::move(name)), named_(true), type_(type), dims_(std::move(dims)) {}

Tensor::Tensor(Network& network, Layer& producer, int index) : network_(network), producer_(&producer), index_(index) {
  set_default_name(producer.name());
}

void Tensor::set_default_name(const std::string& layer_name) {
  if (named_) return;
  name_ = index_ == 0 ? concat(layer_name, "_output") : concat(layer_name, "_output_", index_ + 1);
}

void Tensor::setName(char const* text) noexcept {
  guarded(network_.reporter(), [&] {
    const std::string name = required(text, "the tensor's name");
    if (name == name_) return;
    if (producer_ == nullptr || is_output) network_.check_io_name(name, *this);
    name_ = name;
    named_ = true;
    network_.renamed(*this);
  });
}

void Tensor::setDimensions(Dims const& dimensions) noexcept {
  guarded(network_.reporter(), [&] {
    if (producer_ != nullptr)
      throw Error(ErrorCode::kInvalidState, "the shape of '", name_,
                  "' follows from its layer; only inputs can be given one");
    dims_ = input_dims(dimensions, name_);
    network_.reset_graph();
  });
}

Dims Tensor::getDimensions() const noexcept {
  return guarded(network_.reporter(), invalid_dims(), [&] {
    if (producer_ == nullptr) return to_public(std::span<const int64_t>(dims_));
    return to_public(network_.value_of(*this)->shape());
  });
}

void Tensor::setDimensionName(int32_t index, char const* text) noexcept {
  guarded(network_.reporter(), [&] {
    if (producer_ != nullptr) throw Error(ErrorCode::kInvalidState, "'", name_, "' is no network input");
    if (index < 0 || index >= static_cast<int32_t>(dims_.size()))
      throw Error(ErrorCode::kInvalidArgument, "input '", name_, "' has no dimension ", index, "; its rank is ",
                  dims_.size());
    dimension_names_[index] = required(text, "the dimension's name");
    network_.reset_graph();
  });
}

char const* Tensor::getDimensionName(int32_t index) const noexcept {
  const auto found = dimension_names_.find(index);
  return found == dimension_names_.end() ? nullptr : found->second.c_str();
}

void Tensor::setType(DataType type) noexcept {
  guarded(network_.reporter(), [&] {
    to_dtype(type);
    if (producer_ != nullptr) {
      requested_type_ = type;
      return;
    }
    type_ = type;
    network_.reset_graph();
  });
}

DataType Tensor::getType() const noexcept {
  if (producer_ == nullptr) return type_;
  if (is_output && requested_type_) return *requested_type_;
  return guarded(network_.reporter(), DataType::kFLOAT, [&] { return to_public(network_.value_of(*this)->dtype()); });
}

void Tensor::setAllowedFormats(TensorFormats formats) noexcept {
  guarded(network_.reporter(), [&] {
    if (formats == 0 || formats >> EnumMax<TensorFormat>() != 0)
      throw Error(ErrorCode::kInvalidArgument, "tensor '", name_, "': the set of formats ", formats,
                  " is empty or has bits that are no format");
    formats_ = formats;
    network_.reset_graph();
  });
}

bool Tensor::isShapeTensor() const noexcept {
  const bool floating = type_ == DataType::kFLOAT || type_ == DataType::kHALF || type_ == DataType::kBF16;
  if (!decides_shapes && (producer_ != nullptr || !floating)) network_.find_shape_tensors();
  return decides_shapes;
}

const FormatInfo* Tensor::format(int rank) const {
  const std::optional<TensorFormat> chosen = choose_format(formats_, rank);
  if (!chosen)
    throw Error(ErrorCode::kInvalidModel, "tensor '", name_, "' of rank ", rank, ": none of the allowed formats (bits ",
                formats_, ") fits; allow TensorFormat::kLINEAR");
  return format_info(*chosen);
}

TensorType Tensor::memory_type() const {
  TensorType type = input_type();
  const FormatInfo* f = format(type.rank());
  if (f == nullptr) return type;
  const Dim& channels = type.shape[type.rank() - f->trailing];
  if (!channels.is_constant() || bits(type.dtype) < 8 || decides_shapes)
    throw Error(ErrorCode::kInvalidModel, "input '", name_, "' ", type, ": format ", f->name,
                " needs a constant number of channels and elements of whole bytes; allow TensorFormat::kLINEAR");
  type.shape = Shape(memory_dims(*f, type.shape.dims()));
  return type;
}

bool Tensor::setDynamicRange(float min, float max) noexcept {
  if (!(min <= max)) {
    network_.reporter().error(ErrorCode::kInvalidArgument,
                              concat("tensor '", name_, "': the range ", min, " to ", max, " is empty"));
    return false;
  }
  network_.reporter().warn(
      concat("tensor '", name_, "': ranges are kept but not used; quantize with quantize and dequantize layers"));
  range_ = {min, max};
  return true;
}

namespace {

// Users may call a dimension "?"; in a graph such names stand for what a kernel reports.
Dim symbol_of(const std::string& name) { return Dim::symbol(name.starts_with(kLate) ? "dim" + name : name); }

}  // namespace

TensorType Tensor::input_type() const {
  Shape shape;
  for (size_t i = 0; i < dims_.size(); ++i) {
    const auto named = dimension_names_.find(static_cast<int32_t>(i));
    if (dims_[i] >= 0)
      shape.push_back(dims_[i]);
    else
      shape.push_back(symbol_of(named != dimension_names_.end() ? named->second : concat(name_, ".d", i)));
  }
  return {to_dtype(type_), shape};
}

}  // namespace dvt::api
