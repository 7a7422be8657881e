#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dvt {

/// What a symbol can be: min <= value <= max; opt is what tactics are timed at.
struct DimRange {
  int64_t min = 0, opt = 0, max = 0;
  bool is_constant() const { return min == max; }
  friend bool operator==(const DimRange&, const DimRange&) = default;
};
/// "4" or "1..8@4".
std::string to_string(const DimRange& r);

using SymbolRanges = std::map<std::string, DimRange, std::less<>>;
using SymbolValues = std::map<std::string, int64_t, std::less<>>;

struct DimNode;

/// Every late-bound symbol starts with the first; one that may be negative starts with the second.
inline constexpr std::string_view kLate = "?", kSignedLate = "?signed:";
/// The largest size that a late-bound symbol without a bound can take (and, signed, the most it can be below 0).
inline constexpr int64_t kMaxLate = (int64_t{1} << 31) - 1;

/// One dimension (or one element of a shape tensor): a constant or an expression over named symbols.
///
/// Immutable and cheap to copy. Sums and products are kept in a canonical polynomial form, so that equal
/// expressions built along different ways compare equal ("batch*seq" == "seq*batch", "(n+2)-2" == "n").
/// Symbols are names: an input's named dimension ("batch"), an unnamed one ("x.d0"), an element of a host shape
/// tensor ("shape[2]"), or a late-bound one that a kernel reports ("?non_zero_0"). Symbols are not negative, except
/// elements of shape tensors and late-bound ones whose names start with kSignedLate.
/// \threadsafety Values are immutable; share freely.
class Dim {
 public:
  Dim(int64_t value = 0) : value_(value) {}  // NOLINT: a constant is a Dim
  static Dim symbol(std::string_view name);

  bool is_constant() const { return !node_; }
  /// The value of a constant. Precondition: is_constant().
  int64_t constant() const { return value_; }
  std::optional<int64_t> as_constant() const { return is_constant() ? std::optional<int64_t>(value_) : std::nullopt; }
  /// The symbol's name when the whole expression is one symbol.
  std::optional<std::string> as_symbol() const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  /// Rounds towards minus infinity, like Python's //. Exact polynomial divisions simplify. b == 0 throws at evaluation.
  friend Dim floordiv(const Dim& a, const Dim& b);
  friend Dim ceildiv(const Dim& a, const Dim& b);
  friend Dim mod(const Dim& a, const Dim& b);  ///< Sign of b, like Python's %.
  friend Dim min(const Dim& a, const Dim& b);
  friend Dim max(const Dim& a, const Dim& b);
  friend Dim equal(const Dim& a, const Dim& b);  ///< 1 or 0
  friend Dim less(const Dim& a, const Dim& b);   ///< 1 or 0
  friend Dim select(const Dim& condition, const Dim& if_true, const Dim& if_false);

  /// Structural (canonical) equality: true means equal for all symbol values, false means not known to be.
  friend bool operator==(const Dim& a, const Dim& b);

  /// Value with every symbol bound; throws Error(kInvalidState) naming an unbound symbol, kInvalidModel on x / 0.
  int64_t eval(const SymbolValues& values) const;
  /// Interval that contains the value whenever each symbol is in its range, with opt evaluated at every opt.
  /// Symbols absent from `ranges` are taken as [0, kMaxLate]@1, those that may be negative as [-kMaxLate, kMaxLate]@1.
  DimRange range(const SymbolRanges& ranges) const;
  /// The expression with symbols replaced.
  Dim substitute(const std::map<std::string, Dim, std::less<>>& replacements) const;
  /// Adds every symbol's name.
  void collect_symbols(std::vector<std::string>& names) const;

  const DimNode* node() const { return node_.get(); }
  int64_t raw_value() const { return value_; }

 private:
  friend struct DimNode;
  explicit Dim(std::shared_ptr<const DimNode> node) : node_(std::move(node)) {}
  int64_t value_ = 0;
  std::shared_ptr<const DimNode> node_;
};

/// Text form that parse_dim reads back: "batch", "2*seq+1", "floordiv(h+1,2)". A name that is not
/// [A-Za-z_?][A-Za-z0-9_.?/:]* with such names in brackets anywhere behind it ("shape[2]") is quoted.
std::string to_string(const Dim& d);
/// Throws Error(kInvalidArgument) saying where the text is wrong. Depth and length are limited (plans are untrusted).
Dim parse_dim(std::string_view text);

/// A Dim compiled to postfix code over symbol slots: evaluated on the hot path without allocation.
class DimProgram {
 public:
  DimProgram() = default;
  /// `slot_of` gives the index of a symbol in the values array at run time.
  DimProgram(const Dim& d, const std::function<int(std::string_view)>& slot_of);
  /// Value given one value per slot. Division by zero gives 0. Never allocates or throws.
  int64_t eval(std::span<const int64_t> slots) const noexcept;
  bool is_constant() const { return code_.size() == 1 && code_[0].op == 0; }

 private:
  struct Instruction {
    int32_t op = 0;  // 0 constant, 1 slot, then the operators of dim.cpp
    int64_t value = 0;
  };
  std::vector<Instruction> code_;
};

}  // namespace dvt
