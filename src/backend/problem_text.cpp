// Reader of problem strings. They come from plans, caches and command lines, so nothing in them is trusted: every
// number is bounded before it is multiplied, and the types are checked against the operator's own infer().
#include <charconv>

#include "backend/problem.h"
#include "base/concat.h"
#include "base/error.h"

namespace dvt::backend {
namespace {

constexpr size_t kMaxText = size_t{32} << 20;  // an operator may hold a vocabulary
constexpr int kMaxOperands = 4096;
constexpr int64_t kMaxVolume = int64_t{1} << 48;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[noreturn]] void fail(std::string_view what) const {
    constexpr size_t kShown = 200;
    throw Error(ErrorCode::kInvalidArgument, "problem: ", what, " at column ", pos_, " of '", text_.substr(0, kShown),
                text_.size() > kShown ? "…'" : "'");
  }
  bool done() const { return pos_ == text_.size(); }
  bool accept(std::string_view token) {
    if (text_.substr(pos_, token.size()) != token) return false;
    pos_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) fail(concat("expected '", token, "'"));
  }
  std::string_view word() {
    const size_t begin = pos_;
    while (pos_ < text_.size() && (std::islower(static_cast<unsigned char>(text_[pos_])) ||
                                   std::isdigit(static_cast<unsigned char>(text_[pos_])) || text_[pos_] == '_'))
      ++pos_;
    if (begin == pos_) fail("expected a name");
    return text_.substr(begin, pos_ - begin);
  }
  int64_t number() {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + pos_, text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) fail("expected a number of 0 or more");
    pos_ = static_cast<size_t>(end - text_.data());
    return value;
  }
  /// An operator with its braces, where a quoted string may hold any character.
  std::string_view op_text() {
    const size_t begin = pos_;
    word();
    if (pos_ < text_.size() && text_[pos_] == '{') {
      bool quoted = false;
      int depth = 0;
      for (;; ++pos_) {
        if (pos_ >= text_.size()) fail("unclosed '{'");
        const char c = text_[pos_];
        if (c == '\\' && quoted) {
          ++pos_;
        } else if (c == '"') {
          quoted = !quoted;
        } else if (!quoted && c == '{') {
          ++depth;
        } else if (!quoted && c == '}' && --depth == 0) {
          break;
        }
      }
      ++pos_;
    }
    return text_.substr(begin, pos_ - begin);
  }
  std::string_view rest() {
    const std::string_view r = text_.substr(pos_);
    pos_ = text_.size();
    return r;
  }

 private:
  std::string_view text_;
  size_t pos_ = 0;
};

DimRange read_range(Reader& in) {
  DimRange r;
  r.min = r.opt = r.max = in.number();
  if (in.accept("..")) {
    r.max = in.number();
    in.expect("@");
    r.opt = in.number();
  }
  if (r.min > r.opt || r.opt > r.max || r.max > kMaxDim) in.fail("dims must be 0 <= min <= opt <= max <= 2^40");
  return r;
}

Operand read_operand(Reader& in) {
  Operand o;
  o.constant = in.accept("const ");
  const std::string_view type = in.word();
  const std::optional<DType> dtype = parse_dtype(type);
  if (!dtype) in.fail(concat("unknown data type '", type, "'"));
  o.dtype = *dtype;
  in.expect("[");
  int64_t volume = 1;
  if (!in.accept("]")) {
    do {
      if (o.rank() == Shape::kMaxRank) in.fail(concat("rank is above ", Shape::kMaxRank));
      o.dims.push_back(read_range(in));
      const int64_t most = std::max<int64_t>(o.dims.back().max, 1);
      if (volume > kMaxVolume / most) in.fail("an operand is above 2^48 elements");
      volume *= most;
    } while (in.accept(","));
    in.expect("]");
  }
  if (o.dtype == DType::text && o.constant) in.fail("text is no constant");
  if (in.accept(":cl")) {
    if (o.dtype == DType::text) in.fail("text is row-major");
    if (o.rank() < 3 || o.rank() > 5) in.fail(concat("channels_last needs rank 3 to 5, got ", o.rank()));
    o.layout = Layout::channels_last;
  }
  if (in.accept(":slice")) {
    const int64_t axis = in.number();
    if (axis >= o.rank()) in.fail(concat("an operand of rank ", o.rank(), " has no axis ", axis));
    if (o.constant) in.fail("a constant is no slice");
    if (o.dtype == DType::text) in.fail("text is no slice");
    if (bits(o.dtype) % 8 != 0) in.fail(concat("elements of ", o.dtype, " share bytes and cannot be sliced"));
    o.slice_axis = static_cast<int>(axis);
  }
  return o;
}

void read_operands(Reader& in, std::vector<Operand>& list) {
  do {
    if (list.size() == kMaxOperands) in.fail("too many operands");
    list.push_back(read_operand(in));
  } while (in.accept(", "));
}

[[noreturn]] void refuse(const Problem& p, std::string_view what) {
  throw Error(ErrorCode::kInvalidArgument, "problem: ", what, " in '", to_string(p), "'");
}

/// NumPy broadcasting of `b` into `a`, in the dims that problems are tuned at.
bool broadcasts_to(const std::vector<int64_t>& b, const std::vector<int64_t>& a) {
  if (b.size() > a.size()) return false;
  for (size_t i = 0; i < b.size(); ++i) {
    const int64_t bd = b[b.size() - 1 - i];
    if (bd != 1 && bd != a[a.size() - 1 - i]) return false;
  }
  return true;
}

void check_operands_of_expr(const Problem& p, std::span<const Operand> operands, int first) {
  if (p.epilogue.num_inputs() != static_cast<int>(operands.size()) + first)
    refuse(p, concat("the expression has ", p.epilogue.num_inputs(), " operands, expected ", operands.size() + first));
  for (size_t i = 0; i < operands.size(); ++i) {
    const int k = static_cast<int>(i) + first;
    if (p.epilogue.input_type(k) != operands[i].dtype)
      refuse(p, concat("expression operand ", k, " is ", to_string(p.epilogue.input_type(k)), ", but the input is ",
                       to_string(operands[i].dtype)));
    if (!broadcasts_to(operands[i].at_opt(), p.outputs[0].at_opt()))
      refuse(p, concat("expression operand ", k, " does not broadcast to the output"));
  }
  if (p.epilogue.result_type() != p.outputs[0].dtype)
    refuse(p, concat("the expression gives ", to_string(p.epilogue.result_type()), ", but output 0 is ",
                     to_string(p.outputs[0].dtype)));
}

/// Elements that a shape rule may ask for, as unknowns: a problem does not say what they are.
void add_unknown_values(std::vector<ops::ValueInfo>& infos) {
  constexpr int64_t kMost = 64;
  for (size_t i = 0; i < infos.size(); ++i) {
    const TensorType& type = infos[i].type;
    if (!is_integer(type.dtype) || type.rank() > 1 || type.shape.volume().constant() > kMost) continue;
    infos[i].value.emplace();
    for (int64_t e = 0; e < type.shape.volume().constant(); ++e)
      infos[i].value->push_back(Dim::symbol(concat("?", i, ".", e)));
  }
}

std::vector<TensorType> infer_without_values(const Problem& p, std::vector<ops::ValueInfo> infos) {
  try {
    return ops::infer(p.op, infos);
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kUnsupported) throw;
    add_unknown_values(infos);
    return ops::infer(p.op, infos);
  }
}

/// What infer() says of the op's inputs at opt must agree with the outputs wherever it is known.
void check_inferred(const Problem& p) {
  std::vector<ops::ValueInfo> infos;
  for (const Operand& o : p.op_inputs()) {
    ops::ValueInfo info;
    info.type.dtype = o.dtype;
    for (const DimRange& d : o.dims) info.type.shape.push_back(d.opt);
    infos.push_back(std::move(info));
  }
  std::vector<TensorType> types;
  try {
    types = infer_without_values(p, std::move(infos));
  } catch (const Error& e) {
    refuse(p, e.what());
  }
  if (types.size() != p.outputs.size())
    refuse(p, concat("the operator gives ", types.size(), " outputs, got ", p.outputs.size()));
  for (size_t i = 0; i < types.size(); ++i) {
    const Operand& o = p.outputs[i];
    if (types[i].rank() != o.rank()) refuse(p, concat("output ", i, " must be of rank ", types[i].rank()));
    for (int d = 0; d < o.rank(); ++d) {
      const std::optional<int64_t> known = types[i].shape[d].as_constant();
      if (known && *known != o.dims[static_cast<size_t>(d)].opt)
        refuse(p, concat("output ", i, " must be ", to_string(types[i])));
    }
    const bool through_epilogue = i == 0 && !p.epilogue.is_identity();
    const DType got = through_epilogue ? p.epilogue.input_type(0) : o.dtype;
    if (got != types[i].dtype)
      refuse(p, concat(through_epilogue ? "expression operand 0" : "output", " must be ", to_string(types[i].dtype)));
  }
}

void check(const Problem& p) {
  const ops::OpInfo& info = p.op.info();
  if (p.num_op_inputs < info.min_inputs || (info.max_inputs >= 0 && p.num_op_inputs > info.max_inputs))
    refuse(p, concat(info.name, " takes ", info.min_inputs, " to ", info.max_inputs, " inputs, got ", p.num_op_inputs));
  if (p.op.id() == ops::OpId::pointwise) {
    if (p.epilogue.is_identity()) refuse(p, "pointwise needs an expression");
    if (p.outputs.size() != 1) refuse(p, "pointwise has one output");
    check_operands_of_expr(p, p.inputs, 0);
    return;
  }
  if (!p.epilogue.is_identity()) {
    if (p.outputs.empty()) refuse(p, "an expression needs an output");
    if (p.epilogue.num_inputs() == 0) refuse(p, "the expression must take the result as its operand 0");
  } else if (!p.extra_inputs().empty()) {
    refuse(p, "operands after ';' need an expression");
  }
  check_inferred(p);
  if (!p.epilogue.is_identity()) check_operands_of_expr(p, p.extra_inputs(), 1);
}

}  // namespace

Problem parse_problem(std::string_view text) {
  if (text.size() > kMaxText) throw Error(ErrorCode::kInvalidArgument, "problem: text is above 32 MiB");
  Reader in(text);
  Problem p;
  p.op = ops::parse_op(in.op_text());
  in.expect(" (");
  const bool none = in.accept("; ");
  bool closed = !none && in.accept(")");
  if (!none && !closed) read_operands(in, p.inputs);
  p.num_op_inputs = static_cast<int>(p.inputs.size());
  if (!closed) {
    if (none || in.accept("; ")) read_operands(in, p.inputs);
    in.expect(")");
  }
  in.expect(" -> ");
  read_operands(in, p.outputs);
  if (in.accept(" | ")) p.epilogue = expr::parse_expr(in.rest());
  if (!in.done()) in.fail("unexpected text");
  check(p);
  return p;
}

}  // namespace dvt::backend
