// The steps of loading, in order: decode, name the inputs and outputs, bind the symbols, resolve the values, make the
// kernels, plan the memory of each profile.
#include "runtime/program.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "base/concat.h"
#include "base/dim_broadcast.h"
#include "base/dim_texts.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "plan/reader.h"
#include "plan/validate.h"
#include "runtime/profiles.h"
#include "runtime/sizes.h"
#include "runtime/steps.h"

namespace dvt::runtime {
namespace {

void describe_io(Program& p) {
  const auto add = [&p](int32_t index, bool is_input) {
    const plan::Value& v = p.document.values[static_cast<size_t>(index)];
    IoTensor io{.name = v.name, .dtype = v.dtype, .is_input = is_input, .shape_io = v.shape_io};
    for (const std::string& text : v.dims) {
      const std::optional<int64_t> n = p.texts->read(text).as_constant();
      io.dims.push_back(n.value_or(-1));
      io.dim_names.push_back(n ? "" : text);
    }
    p.io.push_back(std::move(io));
    p.io_values.push_back(index);
  };
  for (int32_t i : p.document.inputs) add(i, true);
  for (int32_t i : p.document.outputs) add(i, false);
  p.num_inputs = static_cast<int>(p.document.inputs.size());
}

/// Gives each symbol a slot at the first dim (or element) of an input that is just this symbol; everything else that an
/// input says is to be checked against those.
class SymbolBinder {
 public:
  /// `around` is the program that a region's step belongs to: its symbols keep their slots.
  explicit SymbolBinder(Program& program, const Program* around = nullptr) : p_(program) {
    if (!around) return;
    p_.symbols = around->symbols;
    p_.outer_symbols = p_.symbols.size();
    for (size_t k = 0; k < p_.symbols.size(); ++k) slots_.emplace(p_.symbols[k], static_cast<int>(k));
  }

  void run() {
    for (int32_t io = 0; io < p_.num_inputs; ++io) collect(io);
    for (Binding& b : p_.bindings) b.text = to_string(dims_[static_cast<size_t>(&b - p_.bindings.data())]);
    std::vector<Binding> checks;
    for (size_t i = 0; i < pending_.size(); ++i) {
      Binding& b = pending_[i];
      b.expected = DimProgram(pending_dims_[i], [this](std::string_view name) { return slot(name); });
      b.text = to_string(pending_dims_[i]);
      if (auto symbol = pending_dims_[i].as_symbol()) b.same_as = slot(*symbol);
      p_.bindings.push_back(std::move(b));
    }
  }

  /// What steps report gets the slots behind, and a place in the order of what becomes known.
  void add_late() {
    for (size_t s = 0; s < p_.document.steps.size(); ++s) {
      const plan::Step& step = p_.document.steps[s];
      if (step.late.empty() && step.control == plan::Control::kNone) continue;
      LatePoint point{.step = static_cast<int32_t>(s)};
      for (const plan::LateSize& l : step.late) {
        LateSlot size{.is_signed = l.symbol.starts_with(kSignedLate)};
        if (!l.max.empty())
          size.max = DimProgram(p_.texts->read(l.max), [this](std::string_view name) { return slot(name); });
        point.sizes.push_back(std::move(size));
      }
      for (size_t k = 0; k < step.late.size(); ++k) {
        point.sizes[k].slot = static_cast<int32_t>(p_.symbols.size());
        slots_.emplace(step.late[k].symbol, point.sizes[k].slot);
        late_.emplace(step.late[k].symbol, static_cast<int32_t>(p_.late.size()) + 1);
        p_.symbols.push_back(step.late[k].symbol);
      }
      p_.late.push_back(std::move(point));
    }
  }

  int slot(std::string_view name) const { return slots_.at(std::string(name)); }

  /// How many late points must have passed before the expression, which DimTexts gave, can be evaluated.
  int32_t known_after(const Dim& d) {
    if (late_.empty() || d.is_constant()) return 0;
    return known_after_.of(d, [this](const Dim& expression) {
      std::vector<std::string> names;
      expression.collect_symbols(names);
      int32_t after = 0;
      for (const std::string& name : names)
        if (const auto it = late_.find(name); it != late_.end()) after = std::max(after, it->second);
      return after;
    });
  }

 private:
  void collect(int32_t io) {
    const plan::Value& v = p_.document.values[static_cast<size_t>(p_.io_values[static_cast<size_t>(io)])];
    for (size_t axis = 0; axis < v.dims.size(); ++axis)
      add({.io = io, .index = static_cast<int32_t>(axis)}, p_.texts->read(v.dims[axis]));
    if (!v.shape_io) return;
    for (int64_t k = 0; k < plan::shape_elements(v); ++k)
      add({.io = io, .index = static_cast<int32_t>(k), .is_value = true}, Dim::symbol(plan::element_symbol(v, k)));
  }

  void add(Binding b, const Dim& d) {
    if (d.is_constant()) return;  // set_input_shape checks it
    const std::optional<std::string> symbol = d.as_symbol();
    if (symbol && !slots_.count(*symbol)) {
      b.slot = static_cast<int32_t>(p_.symbols.size());
      slots_.emplace(*symbol, b.slot);
      p_.symbols.push_back(*symbol);
      p_.bindings.push_back(std::move(b));
      dims_.push_back(d);
    } else {
      pending_.push_back(std::move(b));
      pending_dims_.push_back(d);
    }
  }

  Program& p_;
  std::unordered_map<std::string, int> slots_;
  std::unordered_map<std::string, int32_t> late_;  // symbol -> known_after
  DimMemo<int32_t> known_after_;
  std::vector<Dim> dims_, pending_dims_;
  std::vector<Binding> pending_;
};

/// Elements of a small integer weight, which shape rules may want to know.
std::optional<std::vector<int64_t>> small_constants(const plan::Document& doc, const plan::Value& v) {
  if (v.storage != plan::Storage::kConstant || v.dims.size() > 1) return std::nullopt;
  if (v.dtype != DType::i32 && v.dtype != DType::i64) return std::nullopt;
  const std::span<const std::byte> bytes = doc.sections[static_cast<size_t>(v.source)].bytes;
  const size_t width = v.dtype == DType::i64 ? 8 : 4, count = bytes.size() / width;
  if (count > plan::kMaxShapeElements) return std::nullopt;
  std::vector<int64_t> out(count);
  for (size_t i = 0; i < count; ++i) {
    int32_t narrow = 0;
    if (width == 8) std::memcpy(&out[i], bytes.data() + i * width, width);
    if (width == 4) std::memcpy(&narrow, bytes.data() + i * width, width), out[i] = narrow;
  }
  return out;
}

/// What the dims and elements take to be broadcast together, each once.
class MeetingFinder {
 public:
  MeetingFinder(Program& program, SymbolBinder& binder) : p_(program), binder_(binder) {}

  void add(const Dim& d, size_t value) {
    collect_broadcasts(d, found_);
    for (; done_ < found_.size(); ++done_) {
      Meeting m{.value = static_cast<int32_t>(value)};
      for (const Dim& size : found_[done_]) {
        m.sizes.emplace_back(size, [this](std::string_view name) { return binder_.slot(name); });
        m.text += concat(m.text.empty() ? "" : ", ", size);
        m.known_after = std::max(m.known_after, binder_.known_after(size));
      }
      p_.meetings.push_back(std::move(m));
    }
  }

 private:
  Program& p_;
  SymbolBinder& binder_;
  std::vector<std::vector<Dim>> found_;
  size_t done_ = 0;
};

void resolve_values(Program& p, SymbolBinder& binder) {
  const auto slot_of = [&binder](std::string_view name) { return binder.slot(name); };
  DimMemo<DimProgram> programs;
  MeetingFinder meetings(p, binder);
  const auto program_of = [&](const Dim& d, size_t value) {
    if (d.is_constant()) return DimProgram(d, slot_of);
    return programs.of(d, [&](const Dim& expression) {
      meetings.add(expression, value);
      return DimProgram(expression, slot_of);
    });
  };
  const auto take_shape_bytes = [&p](size_t bytes) {
    const size_t offset = p.shape_bytes;
    p.shape_bytes += (bytes + 63) / 64 * 64;
    return offset;
  };
  for (size_t i = 0; i < p.document.values.size(); ++i) {
    const plan::Value& v = p.document.values[i];
    ProgramValue out{.dtype = v.dtype, .storage = v.storage, .root = static_cast<int32_t>(i)};
    if (v.storage == plan::Storage::kAlias) {
      const ProgramValue& source = p.value(v.source);
      out.root = source.root;
      out.storage = source.storage;
      out.source = v.source;
      out.slice_axis = v.slice_axis;
      out.known_after = source.known_after;
    }
    out.first_dim = p.dims.size();
    out.rank = static_cast<int>(v.dims.size());
    const auto add_dim = [&](const Dim& d) {
      const int32_t after = binder.known_after(d);
      out.known_after = std::max(out.known_after, after);
      if (after > 0) p.late[static_cast<size_t>(after) - 1].dims.push_back(p.dims.size());
      p.dims.push_back(program_of(d, i));
      p.expressions.push_back(d);
    };
    for (const std::string& text : v.dims) add_dim(p.texts->read(text));
    if (v.storage == plan::Storage::kAlias)
      for (const std::string* text : {&v.offset, &v.pitch}) add_dim(text->empty() ? Dim(0) : p.texts->read(*text));
    if (v.storage == plan::Storage::kShape) {
      for (const std::string& text : v.elements) {
        const Dim& d = p.texts->read(text);
        out.known_after = std::max(out.known_after, binder.known_after(d));
        out.elements.push_back(program_of(d, i));
      }
      out.shape_offset = take_shape_bytes(byte_size(v.dtype, static_cast<int64_t>(v.elements.size())));
    }
    if (v.storage == plan::Storage::kInput && v.shape_io)
      out.shape_offset = take_shape_bytes(byte_size(v.dtype, plan::shape_elements(v)));
    out.constants = small_constants(p.document, v);
    if (out.known_after > 0) p.late[static_cast<size_t>(out.known_after) - 1].values.push_back(static_cast<int32_t>(i));
    p.values.push_back(std::move(out));
  }
  for (size_t io = 0; io < p.io.size(); ++io)
    p.values[static_cast<size_t>(p.io_values[io])].io = static_cast<int32_t>(io);
}

/// What only loading asks for.
void forget_ranges(Program& p) {
  p.expressions = {};
  p.texts.reset();
  for (ProfileProgram& profile : p.profiles) profile.dim_ranges = {};
}

size_t weight_bytes(const plan::Document& doc) {
  std::unordered_set<const std::byte*> seen;  // equal sections share their bytes
  size_t sum = 0;
  for (const plan::Section& s : doc.sections)
    if (!s.bytes.empty() && seen.insert(s.bytes.data()).second) sum += s.bytes.size();
  return sum;
}

}  // namespace

int Program::find_io(std::string_view name) const {
  const auto it = std::find_if(io.begin(), io.end(), [&](const IoTensor& t) { return t.name == name; });
  return it == io.end() ? -1 : static_cast<int>(it - io.begin());
}

ControlProgram::ControlProgram(const plan::Step& step) : form(step) {}
ControlProgram::~ControlProgram() = default;

std::unique_ptr<const Program> load_region(const Program& around, const plan::Step& step, size_t number,
                                           const backend::Device& device, const EngineOptions& options) {
  auto p = std::make_unique<Program>();
  p->is_region = true;
  p->texts = around.texts;
  const plan::Document& outer = around.document;
  p->document = step.regions[number];
  p->document.sections = outer.sections;
  p->document.target_isa = outer.target_isa;
  p->document.target_name = outer.target_name;
  p->document.threads = outer.threads;
  describe_io(*p);
  SymbolBinder binder(*p, &around);
  binder.run();
  binder.add_late();
  resolve_values(*p, binder);
  make_region_profiles(*p, around);
  make_steps(*p, device, options);
  plan_profiles(*p);
  forget_ranges(*p);
  return p;
}

std::unique_ptr<const Program> load_program(const Blob& bytes, const backend::Device& device,
                                            const EngineOptions& options) {
  auto p = std::make_unique<Program>();
  p->bytes = bytes;
  p->texts = std::make_shared<DimTexts>();
  p->document = plan::read_plan(bytes, *p->texts);
  p->weight_bytes = weight_bytes(p->document);
  describe_io(*p);
  SymbolBinder binder(*p);
  binder.run();
  binder.add_late();
  resolve_values(*p, binder);
  make_profiles(*p);
  make_steps(*p, device, options);
  plan_profiles(*p);
  forget_ranges(*p);
  return p;
}

}  // namespace dvt::runtime
