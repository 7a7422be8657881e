// dovetail_facts SAMPLES...: what the library knows of its operators and tactics, as JSON for the generated references.
//
// Samples are the problems of tests/problems (a problem a line) and the operators with inputs of tests/ops/*_cases.txt.
// Each is asked of its operator, and of every tactic, as it stands and with every type in the place of its first
// input's: a type is accepted when infer() takes it, and a tactic takes what its supports() says yes to.
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "backend/cpu/cpu.h"
#include "base/concat.h"

namespace dvt::facts {
namespace {

using nlohmann::ordered_json;

constexpr DType kTypes[] = {
#define DTYPE(name, bits, cls) DType::name,
#include "base/dtypes.inc"
#undef DTYPE
};

/// An operator with inputs of known types and, for short integer lists, values.
struct Sample {
  ops::Op op;
  std::vector<ops::ValueInfo> inputs;
  std::optional<backend::Problem> problem;  ///< Where the sample is one: its epilogue, layouts and outputs.
};

/// Machines to ask about, the weakest first.
struct Machine {
  const char* name;
  backend::Target target;
};
std::vector<Machine> machines() {
  std::vector<Machine> list = {{"any", {}}, {"avx2", {}}, {"avx512", {}}, {"newest", {}}};
  list[0].target.can_jit = false;
  list[1].target.isa = backend::parse_isa("cpu:sse42+avx2");
  list[2].target.isa = backend::parse_isa("cpu:sse42+avx2+avx512");
  list[3].target.isa = ~uint32_t{0};
  for (Machine& m : list) m.target.threads = 4;
  return list;
}

class Fields final : public ops::FieldVisitor {
 public:
  ordered_json list = ordered_json::array();
  using FieldVisitor::field;
  void field(std::string_view name, bool& v) override { add(name, "bool", v ? "true" : "false"); }
  void field(std::string_view name, int64_t& v) override { add(name, "int", concat(v)); }
  void field(std::string_view name, double& v) override { add(name, "number", concat(v)); }
  void field(std::string_view name, std::string& v) override { add(name, "text", concat('"', v, '"')); }
  void field(std::string_view name, DType& v) override { add(name, "type", concat(v)); }
  void field(std::string_view name, std::vector<int64_t>&) override { add(name, "ints", "[]"); }
  void field(std::string_view name, std::vector<double>&) override { add(name, "numbers", "[]"); }
  void field(std::string_view name, std::vector<Dim>&) override { add(name, "dims", "[]"); }
  void field(std::string_view name, std::vector<std::string>&) override { add(name, "texts", "[]"); }
  void enum_field(std::string_view name, int& v, std::span<const std::string_view> names) override {
    std::string choices;
    for (const std::string_view n : names) choices += concat(choices.empty() ? "" : "|", n);
    add(name, choices, names[static_cast<size_t>(v)]);
  }

 private:
  void add(std::string_view name, std::string_view kind, std::string_view value) {
    list.push_back({{"name", name}, {"kind", kind}, {"default", value}});
  }
};

Sample sample_of(backend::Problem problem) {
  Sample s{problem.op, {}, {}};
  for (const backend::Operand& o : problem.op_inputs()) {
    const std::vector<int64_t> dims = o.at_opt();
    s.inputs.push_back({{o.dtype, Shape(std::vector<Dim>(dims.begin(), dims.end()))}, std::nullopt});
  }
  s.problem = std::move(problem);
  return s;
}

void read_problems(std::istream& in, std::vector<Sample>& out) {
  for (std::string line; std::getline(in, line);) {
    line.resize(std::min(line.size(), line.find('#')));
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (!line.empty()) out.push_back(sample_of(backend::parse_problem(line)));
  }
}

/// "  in i64[2] 3 4": the type, and the value of a short list of integers.
ops::ValueInfo read_input(std::istringstream& in) {
  std::string word;
  in >> word;
  ops::ValueInfo info{parse_tensor_type(word), std::nullopt};
  if (!is_integer(info.type.dtype) || info.type.rank() > 1) return info;
  info.value.emplace();
  for (int64_t v = 0; in >> v;) info.value->emplace_back(v);
  return info;
}

void read_cases(std::istream& in, std::vector<Sample>& out) {
  for (std::string line, word; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != ' ') {
      out.push_back({ops::parse_op(line), {}, {}});
      continue;
    }
    std::istringstream words(line);
    if (words >> word; word == "in") out.back().inputs.push_back(read_input(words));
  }
}

/// The sample with `type` in the place of its first input's type: everywhere, or in that input alone.
Sample with_type(Sample s, DType type, bool everywhere) {
  if (s.inputs.empty()) return s;
  const DType before = s.inputs.front().type.dtype;
  for (size_t i = 0; i < (everywhere ? s.inputs.size() : 1); ++i) {
    if (s.inputs[i].type.dtype != before) continue;
    s.inputs[i].type.dtype = type;
    if (!is_integer(type)) s.inputs[i].value.reset();
  }
  return s;
}

/// The sample as a problem; nothing when the operator refuses its inputs, or its results depend on values.
std::optional<backend::Problem> problem_of(const Sample& s) {
  try {
    const std::vector<TensorType> results = ops::infer(s.op, s.inputs);
    backend::Problem p = s.problem.value_or(backend::Problem{});
    if (!s.problem) {
      p.op = s.op;
      p.num_op_inputs = static_cast<int>(s.inputs.size());
      for (const ops::ValueInfo& v : s.inputs) {
        backend::Operand& o = p.inputs.emplace_back();
        for (const int64_t d : v.type.shape.constants()) o.dims.push_back({d, d, d});
      }
      for (const TensorType& t : results) {
        if (!t.shape.is_constant()) return std::nullopt;
        backend::Operand& o = p.outputs.emplace_back();
        for (const int64_t d : t.shape.constants()) o.dims.push_back({d, d, d});
      }
    }
    for (size_t i = 0; i < s.inputs.size(); ++i) p.inputs[i].dtype = s.inputs[i].type.dtype;
    for (size_t i = 0; i < results.size(); ++i)
      if (p.epilogue.is_identity()) p.outputs[i].dtype = results[i].dtype;
    return backend::parse_problem(to_string(p));
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool accepts(const Sample& s) {
  try {
    ops::infer(s.op, s.inputs);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// What samples tell of one tactic: operator → type of its first input → the weakest machine.
using Taken = std::map<std::string, std::map<DType, size_t>>;

class Facts {
 public:
  void ask(const Sample& s) {
    if (s.inputs.empty()) return;
    ask_once(s);
    if (s.problem && !s.problem->epilogue.is_identity()) return;  // the epilogue says which types its operands have
    for (const DType type : kTypes)
      for (const bool everywhere : {true, false}) ask_once(with_type(s, type, everywhere));
  }

  ordered_json report() const {
    ordered_json operators = ordered_json::array(), tactics = ordered_json::array();
    for (const ops::OpInfo& info : ops::op_table()) {
      Fields fields;
      info.visit_fields(info.make_default().get(), fields);
      operators.push_back({{"id", info.name}, {"fields", fields.list}, {"types", names(accepted_, info.name)}});
    }
    for (const backend::Tactic& t : cpu::device().tactics()) {
      ordered_json taken = ordered_json::array();
      if (const auto found = taken_.find(t.name); found != taken_.end())
        for (const auto& [op, types] : found->second)
          for (const DType type : kTypes)
            if (const auto at = types.find(type); at != types.end())
              taken.push_back({{"operator", op}, {"type", concat(type)}, {"machine", machines_[at->second].name}});
      tactics.push_back({{"name", t.name}, {"version", t.version}, {"takes", taken}});
    }
    return {{"device", cpu::device().name}, {"operators", operators}, {"tactics", tactics}};
  }

 private:
  using Accepted = std::map<std::string, std::set<DType>, std::less<>>;

  static ordered_json names(const Accepted& accepted, std::string_view op) {
    ordered_json list = ordered_json::array();
    const auto found = accepted.find(op);
    for (const DType type : kTypes)
      if (found != accepted.end() && found->second.count(type)) list.push_back(concat(type));
    return list;
  }

  void ask_once(const Sample& s) {
    if (!accepts(s)) return;
    const std::string op(s.op.name());
    const DType type = s.inputs.front().type.dtype;
    accepted_[op].insert(type);
    const auto problem = problem_of(s);
    if (!problem) return;
    const auto tactics = cpu::device().tactics();
    for (const backend::Tactic& t : tactics.first(tactics.size() - 1))  // the last is the reference, which takes all
      for (size_t m = 0; m < machines_.size(); ++m) {
        auto& known = taken_[std::string(t.name)][op];
        const auto at = known.find(type);
        if (at != known.end() && at->second <= m) break;
        if (t.supports(*problem, machines_[m].target)) known[type] = m;
      }
  }

  std::vector<Machine> machines_ = machines();
  Accepted accepted_;
  std::map<std::string, Taken, std::less<>> taken_;
};

int run(int argc, char** argv) {
  Facts facts;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    if (!file) throw Error(ErrorCode::kIo, "cannot read '", argv[i], "'");
    std::vector<Sample> samples;
    const bool is_cases = std::string_view(argv[i]).ends_with("_cases.txt");
    is_cases ? read_cases(file, samples) : read_problems(file, samples);
    for (const Sample& s : samples) facts.ask(s);
  }
  std::printf("%s\n", facts.report().dump(1).c_str());
  return 0;
}

}  // namespace
}  // namespace dvt::facts

int main(int argc, char** argv) {
  try {
    return dvt::facts::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "dovetail_facts: %s\n", e.what());
    return 1;
  }
}
