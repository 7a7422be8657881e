#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/dim.h"

// The inside of a Dim: a polynomial over atoms. Only base/dim*.cpp include this.

namespace dvt {

/// The kinds of atom. Order is the canonical order of atoms and the operator number of DimProgram: append only.
enum class DimOp : uint8_t { symbol, floordiv, ceildiv, mod, min, max, equal, less, select, broadcast };

/// What a polynomial multiplies and adds: a symbol, or a function of other Dims.
struct DimAtom {
  DimOp op = DimOp::symbol;
  std::string name;       ///< Of a symbol.
  std::vector<Dim> args;  ///< Of a function; min, max and broadcast take any number, sorted.
  uint64_t hash = 0;      ///< Of the structure, the same in every process.
  int depth = 1;          ///< Functions within functions.
  int size = 1;           ///< Atoms in the tree below, counted once per use.
  DimRange bounds;        ///< Whatever the symbols are; its opt says nothing.
};
using AtomRef = std::shared_ptr<const DimAtom>;

/// coefficient * atoms[0] * atoms[1] * ...; a constant has no atoms.
struct Monomial {
  int64_t coefficient = 0;
  std::vector<AtomRef> atoms;  ///< Sorted; repeated for a power.
};

/// A polynomial that is not a constant. Invariant: terms are sorted, distinct, and no coefficient is 0.
struct DimNode {
  // Expressions beyond these sizes are refused, so that every walk over one is short and bounded.
  static constexpr int kMaxTerms = 256;
  static constexpr int kMaxDegree = 64;
  static constexpr int kMaxDepth = 200;
  static constexpr int kMaxSize = 4096;
  static constexpr size_t kMaxName = 1024;

  std::vector<Monomial> terms;
  uint64_t hash = 0;
  int depth = 0;
  int size = 0;
  DimRange bounds;  ///< As DimAtom::bounds.

  /// The Dim of these terms, which are sorted and distinct; zero coefficients are dropped.
  static Dim make(std::vector<Monomial> terms);
  /// The Dim that is one function atom. Arguments are taken as they are.
  static Dim function(DimOp op, std::vector<Dim> args);
};

namespace dim_detail {
/// Terms of any Dim: a constant has one, and 0 none.
std::vector<Monomial> terms_of(const Dim& d);
int compare(const Dim& a, const Dim& b);
int compare(const DimAtom& a, const DimAtom& b);
/// Graded lexicographic, greatest first: the order of terms. It respects multiplication, which division relies on.
int compare(const std::vector<AtomRef>& a, const std::vector<AtomRef>& b);
/// The constant term.
int64_t constant_term(const Dim& d);
/// a - b, or nothing where a coefficient overflows or the difference is too large an expression.
std::optional<Dim> try_difference(const Dim& a, const Dim& b);
/// a = quotient * b + remainder, by whole terms; `remainder` is what b does not divide.
struct Division {
  Dim quotient, remainder;
};
Division divide(const Dim& a, const Dim& b);
std::string_view name(DimOp op);
/// An interval that contains the value whatever the symbols are. Costs nothing: it was found when the Dim was made.
DimRange bounds(const Dim& d);
/// The same of an atom, or of terms, that are being made.
DimRange find_bounds(const DimAtom& atom);
DimRange find_bounds(const std::vector<Monomial>& terms);
/// The function as its builder makes it, simplified. Precondition: as many arguments as it takes.
Dim apply(DimOp op, std::span<const Dim> args);

// Checked: throw Error(kInvalidModel, "dimension overflows").
int64_t add(int64_t a, int64_t b);
int64_t multiply(int64_t a, int64_t b);
int64_t floor_divide(int64_t a, int64_t b);  ///< Precondition: b != 0.
int64_t floor_modulo(int64_t a, int64_t b);  ///< Precondition: b != 0. Cannot overflow.
/// The size of an axis of two sizes that meet; of sizes that cannot meet, 0 or the larger.
int64_t meet(int64_t a, int64_t b) noexcept;
// Saturating, for intervals and for the hot path.
int64_t add_saturated(int64_t a, int64_t b) noexcept;
int64_t multiply_saturated(int64_t a, int64_t b) noexcept;
int64_t floor_divide_saturated(int64_t a, int64_t b) noexcept;  ///< x / 0 = 0
int64_t ceil_divide_saturated(int64_t a, int64_t b) noexcept;   ///< x / 0 = 0
}  // namespace dim_detail

}  // namespace dvt
