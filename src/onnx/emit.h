#pragma once
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onnx/importer_context.h"

namespace dvt::onnx {

// What importers have in common when they write layers.

/// Named values for INetworkDefinition::addOperator.
class Fields {
 public:
  Fields& add(const char* name, int64_t value) { return add(name, std::vector<int64_t>{value}); }
  Fields& add(const char* name, int value) { return add(name, static_cast<int64_t>(value)); }
  Fields& add(const char* name, bool value) { return add(name, static_cast<int64_t>(value)); }
  Fields& add(const char* name, double value) { return add(name, std::vector<double>{value}); }
  Fields& add(const char* name, std::string_view text);
  Fields& add(const char* name, const char* text) { return add(name, std::string_view(text)); }
  Fields& add(const char* name, std::vector<int64_t> values);
  Fields& add(const char* name, std::vector<double> values);
  Fields& add(const char* name, std::vector<std::string> values);
  /// Views of the values, in the order in which they were added. Valid as long as this object, unchanged.
  std::vector<PluginField> views() const;

 private:
  struct Entry {
    const char* name;
    std::vector<int64_t> ints;
    std::vector<double> doubles;
    std::string text;
    PluginFieldType type;
    std::vector<std::string> texts = {};
    mutable std::vector<TextView> text_views = {};  // made by views()
  };
  std::vector<Entry> entries_;
};

/// An operator of ours that no layer stands for.
ILayer& add_operator(ImporterContext& c, const char* name, const Fields& fields, std::span<ITensor* const> inputs,
                     std::string_view role = "");
/// Its first output.
ITensor& add_operator(ImporterContext& c, const char* name, const Fields& fields,
                      std::initializer_list<ITensor*> inputs, std::string_view role = "");

inline ITensor& first_output(ILayer& layer) { return *layer.getOutput(0); }

// Shapes.

/// Refuses a tensor whose shape the network cannot infer.
Dims dims_of(const ITensor& tensor);
int rank_of(const ITensor& tensor);
bool is_static(const Dims& dims);
Dims to_dims(std::span<const int64_t> values);
std::vector<int64_t> to_vector(const Dims& dims);
/// Axis in [-rank, rank) made non-negative; refuses others.
int normalized_axis(int64_t axis, int rank);
std::vector<int64_t> normalized_axes(std::span<const int64_t> axes, int rank);
uint32_t axis_mask(std::span<const int64_t> axes);

// Constants.

/// A scalar with `rank` dimensions of 1. Rounds to the type.
ITensor& scalar(ImporterContext& c, double value, DataType type, int rank = 0);
ITensor& int64_list(ImporterContext& c, const std::vector<int64_t>& values, std::string_view role);
/// The same constant with other dimensions of the same volume.
ConstantPtr with_dims(const Constant& constant, std::vector<int64_t> dims);

// Layers.

/// Input i with dimensions of 1 put in front until it has the rank; a constant stays a constant.
ITensor& input_of_rank(ImporterContext& c, int i, int rank);
ITensor& to_rank(ImporterContext& c, ITensor& tensor, int rank);
ITensor& reshape(ImporterContext& c, ITensor& x, std::span<const int64_t> dims, std::string_view role = "");
ITensor& unsqueeze(ImporterContext& c, ITensor& x, std::span<const int64_t> axes, std::string_view role = "");
ITensor& squeeze(ImporterContext& c, ITensor& x, std::span<const int64_t> axes, std::string_view role = "");
ITensor& transpose(ImporterContext& c, ITensor& x, std::span<const int64_t> permutation, std::string_view role = "");
ITensor& cast(ImporterContext& c, ITensor& x, DataType type, std::string_view role = "");
/// Aligns ranks, then adds the layer.
ITensor& elementwise(ImporterContext& c, ITensor& a, ITensor& b, ElementWiseOperation op, std::string_view role = "");
/// A pointwise operator of ours that ElementWiseOperation lacks ("mod", "ge"); aligns ranks.
ITensor& pointwise(ImporterContext& c, const char* op, ITensor& a, ITensor& b, std::string_view role = "");
ITensor& unary(ImporterContext& c, ITensor& x, UnaryOperation op, std::string_view role = "");
ITensor& concat_tensors(ImporterContext& c, std::span<ITensor* const> tensors, int axis, std::string_view role = "");

}  // namespace dvt::onnx
