#include "plan/validate.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/dim_texts.h"
#include "base/error.h"
#include "base/shape.h"
#include "plan/control.h"

namespace dvt::plan {
namespace {

constexpr auto kBad = ErrorCode::kInvalidPlan;

using Symbols = std::unordered_set<std::string>;

/// The checks, in the order in which each may rely on the ones before.
class Validator {
 public:
  Validator(const Document& d, DimTexts& texts) : doc_(d), plan_(d), texts_(texts) {}
  /// A region of a step: `outside` are the symbols known where the step stands.
  Validator(const Document& region, const Document& plan, const Symbols& outside, int depth, DimTexts& texts)
      : doc_(region), plan_(plan), texts_(texts), outside_(&outside), depth_(depth) {}

  void run() {
    check_program();
    if (doc_.threads < 1 || doc_.threads > kMaxThreads) throw Error(kBad, "plan: ", doc_.threads, " threads");
    for (size_t i = 0; i < doc_.profiles.size(); ++i) check_profile(i);
    if (doc_.profiles.empty() && dynamic_) throw Error(kBad, "plan: it has dynamic inputs but no profile");
  }

  void check_program() {
    for (size_t i = 0; i < doc_.values.size(); ++i) check_value(static_cast<int32_t>(i));
    check_io(doc_.inputs, Storage::kInput, "input");
    check_io(doc_.outputs, Storage::kOutput, "output");
    check_symbols();
    check_steps();
    check_constants();
  }

 private:
  static std::string quoted(const Value& v) { return concat("value '", v.name, "'"); }

  const Value& value(int32_t i) const { return doc_.values[static_cast<size_t>(i)]; }
  bool has_value(int32_t i) const { return i >= 0 && static_cast<size_t>(i) < doc_.values.size(); }
  const std::vector<Dim>& dims(int32_t i) const { return dims_[static_cast<size_t>(i)]; }

  void check_value(int32_t i) {
    const Value& v = value(i);
    if (v.dims.size() > static_cast<size_t>(Shape::kMaxRank))
      throw Error(kBad, "plan: ", quoted(v), " has rank ", v.dims.size(), "; at most ", Shape::kMaxRank,
                  " is possible");
    for (const Dim& d : dims_.emplace_back(parse(v, "dims", v.dims))) {
      const std::optional<int64_t> n = d.as_constant();
      if (n && (*n < 0 || *n > kMaxDim)) throw Error(kBad, "plan: ", quoted(v), " has a dim of ", *n);
    }
    elements_.push_back(parse(v, "elements", v.elements));
    check_elements(v, dims(i));
    check_place(v);
    symbols_.push_back(symbols_in({dims_.back(), elements_.back(), places_.back()}));
    if (v.storage == Storage::kAlias) {
      if (v.source < 0 || v.source >= i)
        throw Error(kBad, "plan: ", quoted(v), " is number ", i, " and an alias of value ", v.source,
                    "; aliases follow what they alias");
      root_.push_back(root_[static_cast<size_t>(v.source)]);
      if ((v.dtype == DType::text) != (value(root_.back()).dtype == DType::text))
        throw Error(kBad, "plan: ", quoted(v), " is ", v.dtype, " and an alias of ", value(root_.back()).dtype);
    } else {
      root_.push_back(i);
    }
    if (v.storage == Storage::kConstant && v.dtype == DType::text)
      throw Error(kBad, "plan: ", quoted(v), " is text in a section; addresses are not stored");
    if (v.storage == Storage::kConstant && (v.source < 0 || static_cast<size_t>(v.source) >= plan_.sections.size()))
      throw Error(kBad, "plan: ", quoted(v), " is in section ", v.source, " of ", plan_.sections.size());
  }

  /// Each symbol once.
  static std::vector<std::string> symbols_in(std::initializer_list<std::span<const Dim>> lists) {
    std::vector<std::string> used;
    for (const std::span<const Dim> list : lists)
      for (const Dim& d : list) d.collect_symbols(used);
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    return used;
  }

  std::vector<Dim> parse(const Value& v, std::string_view what, const std::vector<std::string>& texts) {
    std::vector<Dim> out;
    for (const std::string& text : texts) {
      try {
        out.push_back(texts_.read(text));
      } catch (const Error& e) {
        throw Error(kBad, "plan: ", what, " of ", quoted(v), ": ", e.what());
      }
    }
    return out;
  }

  /// Only an alias has a place in another value. Whether it lies inside is known with the shapes: the runtime's part.
  void check_place(const Value& v) {
    std::vector<std::string> texts;
    if (!v.offset.empty()) texts.push_back(v.offset);
    if (!v.pitch.empty()) texts.push_back(v.pitch);
    places_.push_back(parse(v, "offset and pitch", texts));
    if (v.storage != Storage::kAlias && (!texts.empty() || v.slice_axis != -1))
      throw Error(kBad, "plan: ", quoted(v), " has an offset or a pitch but is no alias");
    if (v.slice_axis < -1 || v.slice_axis >= static_cast<int32_t>(v.dims.size()))
      throw Error(kBad, "plan: ", quoted(v), " is a slice along axis ", v.slice_axis, " of ", v.dims.size());
    if ((v.slice_axis == -1) != v.pitch.empty())
      throw Error(kBad, "plan: ", quoted(v),
                  v.pitch.empty() ? " is a slice without a pitch" : " has a pitch but no axis");
    if (!texts.empty() && bits(v.dtype) % 8 != 0)
      throw Error(kBad, "plan: ", quoted(v), " is ", v.dtype,
                  ", whose elements share bytes and have no offset or pitch");
    for (const Dim& d : places_.back())
      if (const std::optional<int64_t> n = d.as_constant(); n && (*n < 0 || *n > kMaxDim))
        throw Error(kBad, "plan: ", quoted(v), " has an offset or a pitch of ", *n);
  }

  /// Only a kShape value has elements, one for each of its constant dims' positions.
  static void check_elements(const Value& v, const std::vector<Dim>& dims) {
    if (v.storage != Storage::kShape) {
      if (!v.elements.empty()) throw Error(kBad, "plan: ", quoted(v), " has elements but is no evaluated shape tensor");
      return;
    }
    if (!is_integer(v.dtype) || bits(v.dtype) < 8)
      throw Error(kBad, "plan: shape tensor '", v.name, "' is ", v.dtype, "; it must be an integer type");
    unsigned __int128 count = 1;
    for (const Dim& d : dims) {
      if (!d.is_constant()) throw Error(kBad, "plan: shape tensor '", v.name, "' has a dynamic dim");
      count = std::min<unsigned __int128>(count * static_cast<uint64_t>(d.constant()), uint64_t{1} << 56);
    }
    if (count != v.elements.size())
      throw Error(kBad, "plan: shape tensor '", v.name, "' has dims for ", static_cast<uint64_t>(count),
                  " elements but ", v.elements.size(), " are given");
  }

  void check_io(const std::vector<int32_t>& list, Storage storage, std::string_view what) {
    for (int32_t i : list) {
      if (!has_value(i))
        throw Error(kBad, "plan: ", what, " number ", i, " is not a value; there are ", doc_.values.size());
      const Value& v = value(i);
      if (v.storage != storage)
        throw Error(kBad, "plan: ", quoted(v), " is listed as ", what, " but is stored otherwise");
      if (v.name.empty()) throw Error(kBad, "plan: an ", what, " has no name");
      if (v.name.find('\0') != std::string::npos) throw Error(kBad, "plan: an ", what, "'s name contains a zero byte");
      if (!io_names_.insert(v.name).second) throw Error(kBad, "plan: two inputs or outputs are named '", v.name, "'");
      if (v.shape_io) check_shape_tensor(i);
      listed_.insert(i);
    }
    for (size_t i = 0; i < doc_.values.size(); ++i)
      if (doc_.values[i].storage == storage && !listed_.count(static_cast<int32_t>(i)))
        throw Error(kBad, "plan: ", quoted(doc_.values[i]), " is not in the list of ", what, "s");
  }

  void check_shape_tensor(int32_t i) const {
    const Value& v = value(i);
    if (v.dtype != DType::i32 && v.dtype != DType::i64)
      throw Error(kBad, "plan: shape tensor '", v.name, "' is ", v.dtype, "; only i32 and i64 are possible");
    if (v.storage != Storage::kInput) return;  // an output's elements are bound to nothing
    if (v.dims.size() > 1 || (v.dims.size() == 1 && !dims(i)[0].is_constant()))
      throw Error(kBad, "plan: shape tensor '", v.name, "' is not a scalar or a vector of constant length");
    if (v.dims.size() == 1 && dims(i)[0].constant() > kMaxShapeElements)
      throw Error(kBad, "plan: shape tensor '", v.name, "' has ", dims(i)[0].constant(), " elements; at most ",
                  kMaxShapeElements, " are possible");
  }

  /// Every symbol must get its value from an input (a dim that is just this symbol, or an element of a shape tensor) or
  /// from one step; where a step's symbol may be used, check_steps() says.
  void check_symbols() {
    Symbols bound = outside_ ? *outside_ : Symbols();
    for (int32_t i : doc_.inputs) {
      const Value& v = value(i);
      for (const Dim& d : dims(i)) {
        if (!d.is_constant()) dynamic_ = true;
        if (auto symbol = d.as_symbol()) bound.insert(std::move(*symbol));
        if (!outside_) refuse_late(v, d);
      }
      if (!v.shape_io) continue;
      dynamic_ = true;
      if (!outside_ && v.name.starts_with(kLate))
        throw Error(kBad, "plan: shape tensor '", v.name, "' has a name that starts with '", kLate, "'");
      for (int64_t k = 0; k < shape_elements(v); ++k) bound.insert(element_symbol(v, k));
    }
    for (const std::string& symbol : bound) defined_.insert(symbol);
    for (const Step& s : doc_.steps)
      for (const LateSize& l : s.late)
        if (!l.symbol.starts_with(kLate) || l.symbol.size() > kMaxLateName || !bound.insert(l.symbol).second)
          throw Error(kBad, "plan: step '", s.name, "' cannot define '", l.symbol, "', which ",
                      l.symbol.starts_with(kLate) ? "has a value already" : "is no name of a late size");
    for (size_t i = 0; i < symbols_.size(); ++i)
      for (const std::string& symbol : symbols_[i])
        if (!bound.count(symbol))
          throw Error(kBad, "plan: ", quoted(doc_.values[i]), " uses '", symbol, "', which no input binds");
  }

  static void refuse_late(const Value& v, const Dim& d) {
    std::vector<std::string> used;
    d.collect_symbols(used);
    for (const std::string& symbol : used)
      if (symbol.starts_with(kLate))
        throw Error(kBad, "plan: input '", v.name, "' uses '", symbol, "', which only a step could define");
  }

  /// A value's shape (and evaluated elements) must be known when a step uses it.
  void check_defined(const Step& s, int32_t i) const {
    for (;; i = value(i).source) {
      for (const std::string& symbol : symbols_[static_cast<size_t>(i)])
        if (!defined_.count(symbol))
          throw Error(kBad, "plan: step '", s.name, "' uses ", quoted(value(i)), " before '", symbol, "' is defined");
      if (value(i).storage != Storage::kAlias) return;
    }
  }

  void define_late(const Step& s) {
    for (const LateSize& l : s.late) {
      if (l.max.empty()) continue;
      std::vector<std::string> used;
      try {
        texts_.read(l.max).collect_symbols(used);
      } catch (const Error& e) {
        throw Error(kBad, "plan: step '", s.name, "': the bound of '", l.symbol, "': ", e.what());
      }
      for (const std::string& symbol : used)
        if (!defined_.count(symbol))
          throw Error(kBad, "plan: step '", s.name, "': the bound of '", l.symbol, "' uses '", symbol,
                      "', which is not defined before");
    }
    for (const LateSize& l : s.late) defined_.insert(l.symbol);
  }

  void check_steps() {
    std::vector<bool> written(doc_.values.size());  // by root
    std::vector<bool> has_writer(doc_.values.size());
    for (int32_t i : doc_.inputs) written[static_cast<size_t>(i)] = true;
    for (size_t i = 0; i < doc_.values.size(); ++i)
      if (doc_.values[i].storage == Storage::kConstant || doc_.values[i].storage == Storage::kShape) written[i] = true;
    std::unordered_set<std::string_view> names;
    for (const Step& s : doc_.steps) {
      if (s.name.empty() || s.name.find('\0') != std::string::npos)
        throw Error(kBad, "plan: a step has no name, or a zero byte in it");
      if (!names.insert(s.name).second) throw Error(kBad, "plan: two steps are named '", s.name, "'");
      if (!s.packed.empty() && s.packed.size() != s.inputs.size())
        throw Error(kBad, "plan: step '", s.name, "' has ", s.packed.size(), " marks for ", s.inputs.size(), " inputs");
      if (!std::isfinite(s.flops) || !std::isfinite(s.bytes) || !std::isfinite(s.tuned_ms))
        throw Error(kBad, "plan: step '", s.name, "' has a cost that is not a number");
      for (size_t k = 0; k < s.inputs.size(); ++k) check_read(s, k, written);
      for (int32_t i : s.inputs) check_defined(s, i);
      if (s.control != Control::kNone || !s.regions.empty()) check_control(s);
      define_late(s);
      for (int32_t i : s.outputs) check_write(s, i, has_writer);
      for (int32_t i : s.outputs) check_defined(s, i);
      for (int32_t i : s.outputs) written[static_cast<size_t>(root_[static_cast<size_t>(i)])] = true;
    }
    for (int32_t i : doc_.outputs)
      if (!written[static_cast<size_t>(i)]) throw Error(kBad, "plan: no step writes output '", value(i).name, "'");
  }

  /// Operands and regions agree in number, type and rank; then each region is checked like a plan.
  void check_control(const Step& s) {
    if (depth_ == kMaxRegionDepth)
      throw Error(kBad, "plan: step '", s.name, "': regions lie more than ", kMaxRegionDepth, " deep in each other");
    const ControlForm form(s);
    require(s, s.regions.size() == form.regions, "it has ", s.regions.size(), " regions; ", form.regions, " expected");
    require(s, s.inputs.size() >= form.first_capture && s.outputs.size() == form.outputs, "it has ", s.inputs.size(),
            " inputs and ", s.outputs.size(), " outputs; at least ", form.first_capture, " and ", form.outputs,
            " expected");
    for (const auto* list : {&s.inputs, &s.outputs})
      for (int32_t i : *list)
        require(s, has_value(i) && value(i).slice_axis < 0, "operand ", i, " is a slice, which only kernels take");
    for (size_t i : form.flags) require_operand(s, value(s.inputs[i]), DType::b8, "condition");
    for (size_t i : form.counts) require_operand(s, value(s.inputs[i]), DType::i64, "count");
    for (size_t k = 0; k < s.loop.scan_axes.size() && s.control == Control::kLoop; ++k)
      check_axis(s, s.loop.scan_axes[k], s.inputs[form.first_scanned + k]);
    for (size_t k = form.carried; k < form.outputs; ++k)
      check_axis(s, s.loop.stack_axes[k - form.carried], s.outputs[k]);
    for (size_t r = 0; r < s.regions.size(); ++r) {
      check_region_io(s, form, s.regions[r], r == 1 && s.control == Control::kLoop);
      Validator(s.regions[r], plan_, defined_, depth_ + 1, texts_).check_program();
    }
  }

  void check_axis(const Step& s, int64_t axis, int32_t i) const {
    require(s, has_value(i) && axis < static_cast<int64_t>(value(i).dims.size()), "axis ", axis,
            " is outside the rank of value ", i);
  }

  void check_region_io(const Step& s, const ControlForm& form, const Document& region, bool is_condition) const {
    const size_t captures = s.inputs.size() - form.first_capture;
    require(s, region.inputs.size() == form.inner_capture + captures, "a region has ", region.inputs.size(),
            " inputs; ", form.inner_capture + captures, " expected");
    for (const std::vector<int32_t>* list : {&region.inputs, &region.outputs})
      for (int32_t i : *list)
        require(s, i >= 0 && static_cast<size_t>(i) < region.values.size(), "a region's value ", i, " does not exist");
    const auto inner = [&](int32_t i) -> const Value& { return region.values[static_cast<size_t>(i)]; };
    const auto same = [&](const Value& a, const Value& b, size_t fewer, std::string_view what) {
      require(s, a.dtype == b.dtype && a.dims.size() == b.dims.size() + fewer, what, " '", b.name, "' of a region is ",
              b.dtype, " of rank ", b.dims.size(), ", '", a.name, "' is ", a.dtype, " of rank ", a.dims.size());
    };
    if (s.control == Control::kLoop) {
      const Value& number = inner(region.inputs[0]);
      require(s, number.dtype == DType::i64 && number.dims.empty(), "input 0 of a loop's region must be an i64 scalar");
    }
    for (const ControlForm::Pair& p : form.inputs)
      same(value(s.inputs[p.outer]), inner(region.inputs[p.inner]), p.is_slice ? 1 : 0, "input");
    for (size_t c = 0; c < captures; ++c)
      same(value(s.inputs[form.first_capture + c]), inner(region.inputs[form.inner_capture + c]), 0, "input");
    const size_t flags = is_condition ? 1 : form.inner_flags;
    require(s, region.outputs.size() == (is_condition ? 1 : flags + form.outputs), "a region has ",
            region.outputs.size(), " outputs");
    if (flags) require_operand(s, inner(region.outputs[0]), DType::b8, "condition");
    if (is_condition) return;
    for (size_t j = 0; j < form.outputs; ++j) {
      require(s, has_value(s.outputs[j]), "output ", j, " is value ", s.outputs[j], " of ", doc_.values.size());
      same(value(s.outputs[j]), inner(region.outputs[flags + j]), j < form.carried ? 0 : 1, "output");
    }
  }

  template <class... Parts>
  static void require(const Step& s, bool holds, const Parts&... parts) {
    if (!holds) throw Error(kBad, "plan: step '", s.name, "': ", parts...);
  }
  static void require_operand(const Step& s, const Value& v, DType dtype, std::string_view what) {
    require(s, v.dtype == dtype && v.dims.size() <= 1, "the ", what, " '", v.name, "' must be one ", dtype);
  }

  void check_read(const Step& s, size_t k, const std::vector<bool>& written) {
    const int32_t i = s.inputs[k];
    if (!has_value(i)) throw Error(kBad, "plan: step '", s.name, "' reads value ", i, " of ", doc_.values.size());
    const bool packed = !s.packed.empty() && s.packed[k] != 0;
    if (packed && (s.packed[k] != 1 || value(i).storage != Storage::kConstant))
      throw Error(kBad, "plan: step '", s.name, "' takes ", quoted(value(i)), " as packed, which is not a weight");
    if (!written[static_cast<size_t>(root_[static_cast<size_t>(i)])])
      throw Error(kBad, "plan: step '", s.name, "' reads ", quoted(value(i)), ", which no step before it writes");
    (packed ? packed_ : plain_).insert(root_[static_cast<size_t>(i)]);
  }

  void check_write(const Step& s, int32_t i, std::vector<bool>& has_writer) {
    if (!has_value(i)) throw Error(kBad, "plan: step '", s.name, "' writes value ", i, " of ", doc_.values.size());
    const Storage storage = value(root_[static_cast<size_t>(i)]).storage;
    if (storage != Storage::kArena && storage != Storage::kOutput)
      throw Error(kBad, "plan: step '", s.name, "' writes ", quoted(value(i)), ", which is an input or a weight");
    // Text that is read has been written, all of it: elements that nothing wrote would be addresses from anywhere.
    if (value(i).dtype == DType::text && value(i).storage == Storage::kAlias)
      throw Error(kBad, "plan: step '", s.name, "' writes ", quoted(value(i)), ", a part of a text tensor");
    if (has_writer[static_cast<size_t>(i)])
      throw Error(kBad, "plan: step '", s.name, "' writes ", quoted(value(i)), ", which was written before");
    has_writer[static_cast<size_t>(i)] = true;
  }

  /// Plain weights have the size of their dims; a packed one's size depends on its tactic, which the runtime asks.
  void check_constants() const {
    for (size_t i = 0; i < doc_.values.size(); ++i) {
      const Value& v = doc_.values[i];
      if (v.storage == Storage::kAlias && packed_.count(root_[i]))
        throw Error(kBad, "plan: ", quoted(v), " is an alias of a packed weight");
      if (v.storage != Storage::kConstant) continue;
      const bool packed = packed_.count(static_cast<int32_t>(i)) != 0;
      if (packed && plain_.count(static_cast<int32_t>(i)))
        throw Error(kBad, "plan: ", quoted(v), " is used both packed and plain");
      unsigned __int128 count = 1;
      for (const Dim& d : dims_[i]) {
        if (!d.is_constant()) throw Error(kBad, "plan: weight '", v.name, "' has a dynamic dim");
        count = std::min<unsigned __int128>(count * static_cast<uint64_t>(d.constant()), uint64_t{1} << 56);
      }
      const size_t bytes = byte_size(v.dtype, static_cast<int64_t>(count));
      const size_t stored = plan_.sections[static_cast<size_t>(v.source)].bytes.size();
      if (!packed && bytes != stored)
        throw Error(kBad, "plan: weight '", v.name, "' needs ", bytes, " bytes but its section has ", stored);
    }
  }

  void check_profile(size_t number) const {
    std::set<std::pair<std::string_view, bool>> seen;
    for (const ProfileEntry& e : doc_.profiles[number].entries) {
      const int32_t input = find_input(e.tensor);
      if (input < 0)
        throw Error(kBad, "plan: profile ", number, " has an entry for '", e.tensor, "', which is no input");
      if (!seen.emplace(e.tensor, e.is_values).second)
        throw Error(kBad, "plan: profile ", number, " has two entries for '", e.tensor, "'");
      check_entry(concat("plan: profile ", number, ", '", e.tensor, "': "), e, input);
    }
    for (int32_t i : doc_.inputs) {
      const Value& v = value(i);
      bool dynamic = false;
      for (const Dim& d : dims(i)) dynamic |= !d.is_constant();
      if ((dynamic && !seen.count({v.name, false})) || (v.shape_io && !seen.count({v.name, true})))
        throw Error(kBad, "plan: profile ", number, " has no entry for dynamic input '", v.name, "'");
    }
  }

  void check_entry(const std::string& where, const ProfileEntry& e, int32_t input) const {
    const Value& v = value(input);
    if (e.is_values && !v.shape_io) throw Error(kBad, where, "it has values but is not a shape tensor");
    const size_t count = e.is_values ? static_cast<size_t>(shape_elements(v)) : v.dims.size();
    if (e.min.size() != count || e.opt.size() != count || e.max.size() != count)
      throw Error(kBad, where, "min, opt and max have ", e.min.size(), ", ", e.opt.size(), " and ", e.max.size(),
                  " entries; ", count, " expected");
    for (size_t k = 0; k < count; ++k) {
      if (e.min[k] > e.opt[k] || e.opt[k] > e.max[k])
        throw Error(kBad, where, "entry ", k, " has min ", e.min[k], ", opt ", e.opt[k], ", max ", e.max[k],
                    ", which do not ascend");
      if (e.is_values) continue;
      if (e.min[k] < 0 || e.max[k] > kMaxDim)
        throw Error(kBad, where, "axis ", k, " ranges from ", e.min[k], " to ", e.max[k]);
      const std::optional<int64_t> fixed = dims(input)[k].as_constant();
      if (fixed && (e.min[k] != *fixed || e.max[k] != *fixed))
        throw Error(kBad, where, "axis ", k, " is always ", *fixed, " but ranges from ", e.min[k], " to ", e.max[k]);
    }
  }

  int32_t find_input(std::string_view name) const {
    for (int32_t i : doc_.inputs)
      if (value(i).name == name) return i;
    return -1;
  }

  const Document& doc_;
  const Document& plan_;  // the whole, with the sections
  DimTexts& texts_;
  const Symbols* outside_ = nullptr;  // of a region
  int depth_ = 0;
  std::vector<std::vector<Dim>> dims_, elements_, places_;  // per value
  std::vector<std::vector<std::string>> symbols_;           // in all three, per value
  std::vector<int32_t> root_;                               // per value
  std::unordered_set<std::string> defined_;                 // symbols, as far as the steps have been checked
  std::unordered_set<std::string_view> io_names_;
  std::unordered_set<int32_t> listed_, packed_, plain_;
  bool dynamic_ = false;
};

}  // namespace

void validate(const Document& document, DimTexts& texts) { Validator(document, texts).run(); }

void validate(const Document& document) {
  DimTexts texts;
  validate(document, texts);
}

int32_t root_of(const Document& document, int32_t value) {
  while (document.values[static_cast<size_t>(value)].storage == Storage::kAlias)
    value = document.values[static_cast<size_t>(value)].source;
  return value;
}

int64_t shape_elements(const Value& value) { return value.dims.empty() ? 1 : parse_dim(value.dims[0]).constant(); }

std::string element_symbol(const Value& value, int64_t i) { return concat(value.name, "[", i, "]"); }

}  // namespace dvt::plan
