#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "expr/expr.h"

// The text form of programs, both ways. Text comes from plans and is not trusted.

namespace dvt::expr {
namespace {

constexpr size_t kMaxText = size_t{1} << 18;
constexpr int kMaxNesting = 256;

// Writes a number so that it reads back the same; digits beyond the type's own are left out.
void put_constant(std::string& out, const Instr& in) {
  char buffer[40];
  std::to_chars_result r{};
  if (in.type == DType::f64)
    r = std::to_chars(buffer, std::end(buffer), in.imm.f);
  else if (is_floating(in.type))
    r = std::to_chars(buffer, std::end(buffer), static_cast<float>(in.imm.f));
  else if (dtype_class(in.type) == DTypeClass::kUnsigned)
    r = std::to_chars(buffer, std::end(buffer), static_cast<uint64_t>(in.imm.i));
  else
    r = std::to_chars(buffer, std::end(buffer), in.imm.i);
  out.append(buffer, r.ptr);
}

bool is_leaf(const Instr& in) { return in.op == ExprOp::input || in.op == ExprOp::constant; }

// Nesting of the text is kept below what the reader takes by binding what lies deeper.
class Printer {
 public:
  explicit Printer(const Expr& e)
      : code_(e.code()),
        uses_(code_.size(), 0),
        depth_(code_.size(), 0),
        bound_(code_.size(), 0),
        name_(code_.size(), -1) {}

  std::string print() {
    plan();
    std::string out;
    for (size_t i = 0; i + 1 < code_.size(); ++i)
      if (bound_[i]) {
        std::string value;
        put_body(value, i);
        name_[i] = next_name_++;
        out += concat('%', name_[i], '=', value, "; ");
      }
    const Instr& last = code_.back();
    put_operand(out, code_.size() - 1, last.op == ExprOp::constant);
    return out;
  }

 private:
  static constexpr int kDeepest = 64;

  void plan() {
    for (const Instr& in : code_)
      for (uint16_t o : operands(in)) ++uses_[o];
    for (size_t i = 0; i < code_.size(); ++i) {
      for (uint16_t o : operands(code_[i])) depth_[i] = std::max(depth_[i], depth_[o] + 1);
      // What has several readers, and what would nest too deep.
      bound_[i] = !is_leaf(code_[i]) && uses_[i] > 0 && (uses_[i] > 1 || depth_[i] >= kDeepest);
      if (bound_[i]) depth_[i] = 0;
    }
  }

  static std::vector<uint16_t> operands(const Instr& in) {
    std::vector<uint16_t> all{in.a, in.b, in.c};
    all.resize(static_cast<size_t>(arity(in.op)));
    return all;
  }

  void put_operand(std::string& out, size_t i, bool with_type) {
    if (name_[i] >= 0) {
      out += concat('%', name_[i]);
    } else if (code_[i].op == ExprOp::input) {
      out += concat('$', code_[i].a);
    } else if (code_[i].op == ExprOp::constant) {
      put_constant(out, code_[i]);
      if (with_type) out += concat(':', code_[i].type);
    } else {
      put_body(out, i);
    }
  }

  void put_body(std::string& out, size_t i) {
    const Instr& in = code_[i];
    const auto args = operands(in);
    const bool is_select = in.op == ExprOp::select;
    const auto is_constant = [&](uint16_t o) { return code_[o].op == ExprOp::constant; };
    const bool has_typed_sibling = !std::all_of(args.begin() + (is_select ? 1 : 0), args.end(), is_constant);
    out += in.op == ExprOp::cast ? to_string(in.type) : to_string(in.op);
    for (size_t k = 0; k < args.size(); ++k) {
      out += k == 0 ? '(' : ',';
      put_operand(out, args[k], !has_typed_sibling || (is_select && k == 0));
    }
    out += ')';
  }

  std::span<const Instr> code_;
  std::vector<int> uses_, depth_, bound_, name_;
  int next_name_ = 0;
};

}  // namespace

std::string to_string(const Expr& e) {
  std::string out = "(";
  for (int i = 0; i < e.num_inputs(); ++i) out += concat(i > 0 ? "," : "", e.input_type(i));
  out += ')';
  if (e.is_identity()) return out;
  // Printed from the canonical order, so that equal programs print the same.
  Expr canonical = e;
  canonical.set_result(static_cast<int>(e.code().size()) - 1);
  return out + ' ' + Printer(canonical).print();
}

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text.size() > kMaxText)
      fail(concat("the text has ", text.size(), " characters; at most ", kMaxText, " are read"));
  }

  Expr read() {
    try {
      return program();
    } catch (const Error& e) {
      if (e.code() == ErrorCode::kInvalidArgument) throw;
      fail(e.what());  // operand types that do not fit, or too many instructions
    }
  }

 private:
  // An operand that was read: an instruction, or a literal whose type its siblings will tell.
  struct Operand {
    int index = -1;
    std::string_view literal;
  };

  [[noreturn]] void fail(std::string_view what) const {
    const size_t from = at_ > 40 ? at_ - 40 : 0;
    throw Error(ErrorCode::kInvalidArgument, "expression text: ", what, " at character ", at_, " of '",
                text_.substr(from, std::min<size_t>(80, text_.size() - from)), "'");
  }

  bool take(char c) {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail(concat("expected '", c, "'"));
  }

  bool at_end() {
    take(' ');
    return at_ == text_.size();
  }

  std::string_view word() {
    const auto is_word = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    const size_t from = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }

  int small_number() {
    int v = -1;
    const auto r = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v);
    if (r.ec != std::errc() || v < 0) fail("expected a number");
    at_ = static_cast<size_t>(r.ptr - text_.data());
    return v;
  }

  DType dtype(std::string_view name) const {
    const auto t = parse_dtype(name);
    if (!t || *t == DType::text) fail(concat("unknown data type '", name.substr(0, 20), "'"));
    return *t;
  }

  Expr program() {
    expect('(');
    if (!take(')')) {
      std::vector<DType> types;
      do {
        take(' ');
        types.push_back(dtype(word()));
      } while (take(','));
      expect(')');
      for (DType t : types) expr_.add_input(t);
    }
    if (at_end()) {
      if (expr_.num_inputs() > 0) fail("a program with operands has no result");
      return {};
    }
    while (bind()) {
    }
    const int result = typed(operand());
    if (!at_end()) fail("unexpected text");
    expr_.set_result(result);
    return std::move(expr_);
  }

  // "%0=sigmoid($0);", or false when what comes is the result.
  bool bind() {
    const size_t from = at_;
    if (!take('%')) return false;
    const auto n = static_cast<size_t>(small_number());
    if (!take('=')) {
      at_ = from;
      return false;
    }
    if (n != bound_.size()) fail(concat("expected %", bound_.size(), " to be bound next"));
    bound_.push_back(typed(operand()));
    expect(';');
    return true;
  }

  int typed(const Operand& o) {
    if (o.index < 0) fail(concat("the type of constant ", o.literal.substr(0, 40), " is not known: write e.g. 1:f32"));
    return o.index;
  }

  Operand operand() {
    take(' ');
    if (at_ >= text_.size()) fail("expected an operand");
    if (take('$')) return {expr_.input(small_number()), {}};
    if (take('%')) {
      const auto n = static_cast<size_t>(small_number());
      if (n >= bound_.size()) fail(concat("%", n, " is not bound"));
      return {bound_[n], {}};
    }
    const size_t from = at_;
    const std::string_view name = word();
    if (!name.empty() && take('(')) return {call(name), {}};
    at_ = from;
    return literal();
  }

  Operand literal() {
    const size_t from = at_;
    while (at_ < text_.size() && std::string_view(",();: ").find(text_[at_]) == std::string_view::npos) ++at_;
    const std::string_view digits = text_.substr(from, at_ - from);
    if (digits.empty()) fail("expected an operand");
    if (!take(':')) return {-1, digits};
    take(' ');
    return {constant(digits, dtype(word())), {}};
  }

  int constant(std::string_view digits, DType type) {
    const char *first = digits.data(), *last = first + digits.size();
    const auto check = [&](std::from_chars_result r) {
      if (r.ec != std::errc() || r.ptr != last)
        fail(concat("'", digits.substr(0, 40), "' is not a number of type ", type));
    };
    if (is_floating(type)) {
      double v = 0;
      const auto r = std::from_chars(first, last, v);
      check(r);
      return expr_.constant(type, v);
    }
    Scalar v{.i = 0};
    if (dtype_class(type) == DTypeClass::kSigned) {
      check(std::from_chars(first, last, v.i));
    } else {
      uint64_t u = 0;
      check(std::from_chars(first, last, u));
      v.i = static_cast<int64_t>(u);
    }
    if (round_to(type, v).i != v.i) fail(concat("'", digits.substr(0, 40), "' does not fit ", type));
    return expr_.constant_int(type, v.i);
  }

  int call(std::string_view name) {
    if (++nesting_ > kMaxNesting) fail(concat("more than ", kMaxNesting, " nested calls"));
    const auto to = parse_dtype(name);
    const auto op = to ? ExprOp::cast : parse_expr_op(name).value_or(ExprOp::input);
    if (op == ExprOp::input || (op == ExprOp::cast && !to)) fail(concat("unknown operator '", name.substr(0, 40), "'"));
    std::vector<Operand> args;
    do args.push_back(operand());
    while (args.size() < 3 && take(','));
    expect(')');
    if (static_cast<int>(args.size()) != arity(op))
      fail(concat(op, " takes ", arity(op), " operands, got ", args.size()));
    resolve(op, args);
    --nesting_;
    if (to) return cast(args[0].index, *to);
    args.resize(3);
    return expr_.apply(op, args[0].index, args[1].index, args[2].index);
  }

  int cast(int operand, DType to) {
    if (expr_.code()[static_cast<size_t>(operand)].type == to)
      fail(concat("the operand of ", to, "() is ", to, " already"));
    return expr_.cast(operand, to);
  }

  // Literals take the type of the first operand that has one; the condition of a select stands apart.
  void resolve(ExprOp op, std::vector<Operand>& args) {
    const size_t first = op == ExprOp::select ? 1 : 0;
    const auto known = std::find_if(args.begin() + static_cast<std::ptrdiff_t>(first), args.end(),
                                    [](const Operand& o) { return o.index >= 0; });
    for (size_t i = 0; i < args.size(); ++i) {
      if (args[i].index >= 0) continue;
      if (i < first || known == args.end()) typed(args[i]);
      args[i].index = constant(args[i].literal, expr_.code()[static_cast<size_t>(known->index)].type);
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  int nesting_ = 0;
  Expr expr_;
  std::vector<int> bound_;
};

}  // namespace

Expr parse_expr(std::string_view text) { return Reader(text).read(); }

}  // namespace dvt::expr
