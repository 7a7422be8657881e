#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/shape.h"
#include "base/text.h"

namespace dvt::ops {

/// The operators, in the order of ops.inc. Numbers are not stored: plans and text carry names.
enum class OpId : uint16_t {
#define OP(id, Type, header, min_inputs, max_inputs, outputs) id,
#include "ops/ops.inc"
#undef OP
};

/// What is known of an input before it runs.
struct ValueInfo {
  TensorType type;
  /// Elements of a small integer tensor (rank 0 or 1, row-major otherwise), when known symbolically: shape arithmetic.
  std::optional<std::vector<Dim>> value;
};

/// Visits the fields of an attribute struct; the same walk prints, parses, hashes and encodes.
/// A visitor may change the fields it is given (the parser does).
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  virtual void field(std::string_view name, bool& v) = 0;
  virtual void field(std::string_view name, int64_t& v) = 0;
  virtual void field(std::string_view name, double& v) = 0;
  virtual void field(std::string_view name, std::string& v) = 0;
  virtual void field(std::string_view name, DType& v) = 0;
  virtual void field(std::string_view name, std::vector<int64_t>& v) = 0;
  virtual void field(std::string_view name, std::vector<double>& v) = 0;
  virtual void field(std::string_view name, std::vector<Dim>& v) = 0;
  virtual void field(std::string_view name, std::vector<std::string>& v) = 0;
  /// An enum is visited by name: `names[v]`.
  virtual void enum_field(std::string_view name, int& v, std::span<const std::string_view> names) = 0;

  void field(std::string_view name, int& v) {
    int64_t wide = v;
    field(name, wide);
    v = static_cast<int>(wide);
  }
  template <class E>
  void choice(std::string_view name, E& v, std::span<const std::string_view> names) {
    int n = static_cast<int>(v);
    enum_field(name, n, names);
    v = static_cast<E>(n);
  }
};

/// Read access to a tensor for the reference kernels: any element type, converted on load. Row-major, contiguous.
class ReadView {
 public:
  ReadView() = default;
  ReadView(DType dtype, std::vector<int64_t> dims, const void* data)
      : dtype_(dtype), dims_(std::move(dims)), data_(data) {}
  DType dtype() const { return dtype_; }
  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t dim(int i) const { return dims_[static_cast<size_t>(i)]; }
  const std::vector<int64_t>& dims() const { return dims_; }
  int64_t volume() const;
  const void* data() const { return data_; }
  double get(int64_t index) const;       ///< Element as double (floating types exactly; integers up to 2^53 exactly).
  int64_t get_int(int64_t index) const;  ///< Element of an integer or boolean type, all 64 bits; floats truncate.
  std::string_view text(int64_t index) const;  ///< Element of a text tensor.

 private:
  DType dtype_ = DType::f32;
  std::vector<int64_t> dims_;
  const void* data_ = nullptr;
};

/// Write access, converted (rounded to nearest even, integers wrapped) on store. The bytes of new texts go into an
/// arena.
class WriteView {
 public:
  WriteView() = default;
  WriteView(DType dtype, std::vector<int64_t> dims, void* data, TextArena* texts = nullptr)
      : dtype_(dtype), dims_(std::move(dims)), data_(data), texts_(texts) {}
  DType dtype() const { return dtype_; }
  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t dim(int i) const { return dims_[static_cast<size_t>(i)]; }
  const std::vector<int64_t>& dims() const { return dims_; }
  int64_t volume() const;
  void* data() const { return data_; }
  void set(int64_t index, double value) const;
  void set_int(int64_t index, int64_t value) const;
  void set_text(int64_t index, std::string_view value) const;  ///< Copies the bytes.
  void set_view(int64_t index, std::string_view value) const;  ///< Of bytes that live as long as the result.
  ReadView read() const { return {dtype_, dims_, data_}; }

 private:
  DType dtype_ = DType::f32;
  std::vector<int64_t> dims_;
  void* data_ = nullptr;
  TextArena* texts_ = nullptr;
};

struct Cost {
  double flops = 0;  ///< Multiply-adds count as two.
  double bytes = 0;  ///< Compulsory traffic: inputs read once, outputs written once.
};

/// A number that is known only once the op has run: the size of a result, or an element of one.
struct LateSize {
  std::optional<Dim> max;  ///< The most it can be; nothing: not known before it is.
  bool is_signed = false;  ///< It may be negative, down to -max.
};
/// The symbol by which infer() and fold_value() name an op's late size number i: "?0", or "?signed:0". A graph replaces
/// it by a symbol of its own.
Dim late_symbol(int i, bool is_signed = false);

struct OpInfo;

/// An operator with its attributes: an id and an immutable plain struct behind it. Cheap to copy.
class Op {
 public:
  Op() = default;
  template <class T>
  requires(std::is_same_v<decltype(T::kId), const OpId>) Op(T attributes)  // NOLINT: an attribute struct is an Op
      : id_(T::kId), attributes_(std::make_shared<const T>(std::move(attributes))) {}
  Op(OpId id, std::shared_ptr<const void> attributes) : id_(id), attributes_(std::move(attributes)) {}

  OpId id() const { return id_; }
  const OpInfo& info() const;
  std::string_view name() const;
  const void* attributes() const { return attributes_.get(); }
  /// The attributes when this is operator T, else nullptr.
  template <class T>
  const T* as() const {
    return id_ == T::kId ? static_cast<const T*>(attributes_.get()) : nullptr;
  }
  friend bool operator==(const Op& a, const Op& b);

 private:
  OpId id_{};
  std::shared_ptr<const void> attributes_;
};

/// A row of the table generated from ops.inc. Arity has been checked before infer, reference, cost and fold_value are
/// called.
struct OpInfo {
  OpId id;
  std::string_view name;
  int min_inputs, max_inputs;  ///< max_inputs < 0: any number.
  int num_outputs;             ///< < 0: given by the attributes, see infer's result.
  bool takes_text;             ///< Its inputs or outputs may be text. Others never see any: infer() refuses it.
  std::vector<TensorType> (*infer)(const void* attributes, std::span<const ValueInfo> inputs);
  /// With late sizes, the outputs have the dims of the largest result; the result is written compactly at their front,
  /// and `late` receives the sizes.
  void (*reference)(const void* attributes, std::span<const ReadView> inputs, std::span<const WriteView> outputs,
                    std::span<int64_t> late);
  Cost (*cost)(const void* attributes, std::span<const TensorType> inputs, std::span<const TensorType> outputs,
               const SymbolValues& at);
  /// Symbolic elements of output 0 when the op is shape arithmetic on known values, else nothing.
  std::optional<std::vector<Dim>> (*fold_value)(const void* attributes, std::span<const ValueInfo> inputs);
  /// What the op reports when it has run: empty for most.
  std::vector<LateSize> (*late_sizes)(const void* attributes, std::span<const ValueInfo> inputs);
  void (*visit_fields)(void* attributes, FieldVisitor& visitor);
  std::shared_ptr<void> (*make_default)();
  std::shared_ptr<void> (*clone)(const void* attributes);
};

/// All operators, indexed by OpId.
std::span<const OpInfo> op_table();
const OpInfo& op_info(OpId id);
/// nullptr when there is no operator of that name.
const OpInfo* find_op(std::string_view name);

/// "conv{strides=[2,2],pads=[3,3,3,3]}": fields that differ from their default, in declaration order.
std::string to_string(const Op& op);
/// Reads the form of to_string; an unknown operator, field or value throws Error(kInvalidArgument) naming it.
Op parse_op(std::string_view text);

/// The operator with every symbolic attribute replaced by its value: what reference() and kernels of exact shapes take.
Op bind_symbols(const Op& op, const SymbolValues& at);
using SymbolReplacements = std::map<std::string, Dim, std::less<>>;
/// The operator with symbols of its attributes replaced.
Op substitute(const Op& op, const SymbolReplacements& replacements);
/// Adds the name of every symbol in the operator's attributes.
void collect_symbols(const Op& op, std::vector<std::string>& names);

// Convenience over the table, with arity checks (Error(kInvalidModel) with got and expected).
std::vector<TensorType> infer(const Op& op, std::span<const ValueInfo> inputs);
std::optional<std::vector<Dim>> fold_value(const Op& op, std::span<const ValueInfo> inputs);
std::vector<LateSize> late_sizes(const Op& op, std::span<const ValueInfo> inputs);
/// `late` has an element for each late size of the op; it may be empty when nobody asks.
void reference(const Op& op, std::span<const ReadView> inputs, std::span<const WriteView> outputs,
               std::span<int64_t> late = {});
Cost cost(const Op& op, std::span<const TensorType> inputs, std::span<const TensorType> outputs,
          const SymbolValues& at);

/// Symbolic value of an operator that is no shape arithmetic: none. An operator that is declares its own overload.
template <class T>
requires(std::is_same_v<decltype(T::kId), const OpId>) std::optional<std::vector<Dim>> fold_value(
    const T&, std::span<const ValueInfo>) {
  return std::nullopt;
}

}  // namespace dvt::ops

/// Declares the functions that every operator has beside its attribute struct.
#define DECLARE_OP(Type)                                                                                \
  std::vector<TensorType> infer(const Type& op, std::span<const ValueInfo> inputs);                     \
  void reference(const Type& op, std::span<const ReadView> inputs, std::span<const WriteView> outputs); \
  Cost cost(const Type& op, std::span<const TensorType> inputs, std::span<const TensorType> outputs,    \
            const SymbolValues& at);                                                                    \
  void visit_fields(Type& op, FieldVisitor& visitor)

/// The same for an operator that reports sizes when it has run.
#define DECLARE_LATE_OP(Type)                                                                          \
  std::vector<TensorType> infer(const Type& op, std::span<const ValueInfo> inputs);                    \
  std::vector<LateSize> late_sizes(const Type& op, std::span<const ValueInfo> inputs);                 \
  void reference(const Type& op, std::span<const ReadView> inputs, std::span<const WriteView> outputs, \
                 std::span<int64_t> late);                                                             \
  Cost cost(const Type& op, std::span<const TensorType> inputs, std::span<const TensorType> outputs,   \
            const SymbolValues& at);                                                                   \
  void visit_fields(Type& op, FieldVisitor& visitor)

/// The same for an operator that shape arithmetic is made of.
#define DECLARE_SHAPE_OP(Type) \
  DECLARE_OP(Type);            \
  std::optional<std::vector<Dim>> fold_value(const Type& op, std::span<const ValueInfo> inputs)
