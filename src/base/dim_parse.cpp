#include <algorithm>
#include <charconv>

#include "base/dim_broadcast.h"
#include "base/dim_node.h"
#include "base/dim_text.h"
#include "base/error.h"

// The text form of Dims, both ways. Text comes from plans and is not trusted.

namespace dvt {
namespace {

constexpr int kMaxNesting = 2 * DimNode::kMaxDepth + 16;
constexpr size_t kMaxText = size_t{1} << 18;

struct Function {
  std::string_view name;
  DimOp op;
  size_t min_args, max_args;
};
constexpr Function kFunctions[] = {
    {"floordiv", DimOp::floordiv, 2, 2},
    {"ceildiv", DimOp::ceildiv, 2, 2},
    {"mod", DimOp::mod, 2, 2},
    {"min", DimOp::min, 2, DimNode::kMaxSize},
    {"max", DimOp::max, 2, DimNode::kMaxSize},
    {"equal", DimOp::equal, 2, 2},
    {"less", DimOp::less, 2, 2},
    {"select", DimOp::select, 3, 3},
    {"broadcast", DimOp::broadcast, 2, kMostBroadcastSizes},
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '?'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_char(char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '/' || c == ':'; }

// Length of the unquoted name that `text` starts with. Brackets belong to it in pairs: "shape[2]".
size_t name_length(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return 0;
  size_t i = 1;
  while (i < text.size()) {
    if (is_name_char(text[i])) {
      ++i;
    } else if (text[i] == '[') {
      size_t close = i + 1;
      while (close < text.size() && is_name_char(text[close])) ++close;
      if (close == text.size() || text[close] != ']') break;
      i = close + 1;
    } else {
      break;
    }
  }
  return i;
}

void put_name(std::string& out, std::string_view name) {
  if (name_length(name) == name.size()) {
    out += name;
    return;
  }
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20 || u == 0x7f) {
      out += "\\x";
      out += kHex[u >> 4];
      out += kHex[u & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void put_atom(std::string& out, const DimAtom& atom) {
  if (atom.op == DimOp::symbol) return put_name(out, atom.name);
  out += dim_detail::name(atom.op);
  for (size_t i = 0; i < atom.args.size(); ++i) {
    out += i == 0 ? '(' : ',';
    out += to_string(atom.args[i]);
  }
  out += ')';
}

}  // namespace

std::string_view dim_detail::name(DimOp op) {
  for (const Function& f : kFunctions)
    if (f.op == op) return f.name;
  return "symbol";
}

std::string to_string(const Dim& d) {
  if (d.is_constant()) return std::to_string(d.constant());
  std::string out;
  for (const Monomial& m : d.node()->terms) {
    if (m.coefficient >= 0 && !out.empty()) out += '+';
    if (m.coefficient == -1 && !m.atoms.empty())
      out += '-';
    else if (m.coefficient != 1 || m.atoms.empty())
      out += std::to_string(m.coefficient) + (m.atoms.empty() ? "" : "*");
    for (size_t i = 0; i < m.atoms.size(); ++i) {
      if (i > 0) out += '*';
      put_atom(out, *m.atoms[i]);
    }
  }
  return out;
}

DimReader::DimReader(std::string_view text, size_t position) : text_(text), at_(position) {
  if (text.size() > kMaxText)
    fail(concat("the text has ", text.size(), " characters; at most ", kMaxText, " are read"));
}

void DimReader::fail(std::string_view what) const {
  // Enough of the text to find the place, whatever its length.
  const size_t from = at_ > 40 ? at_ - 40 : 0;
  throw Error(ErrorCode::kInvalidArgument, "dimension text: ", what, " at character ", at_, " of '",
              text_.substr(from, std::min<size_t>(80, text_.size() - from)), "'");
}

void DimReader::skip_spaces() {
  while (at_ < text_.size() && text_[at_] == ' ') ++at_;
}

bool DimReader::take(char c) {
  skip_spaces();
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

Dim DimReader::number() {
  int64_t v = 0;
  const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v);
  if (error == std::errc::result_out_of_range) fail("number does not fit 64 bits");
  at_ = static_cast<size_t>(end - text_.data());
  return Dim(v);
}

std::string DimReader::quoted_name() {
  std::string out;
  for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    char c = text_[at_];
    if (c == '\\') {
      if (++at_ >= text_.size()) break;
      c = text_[at_];
      if (c == 'x') {
        unsigned v = 0;
        const char* first = text_.data() + at_ + 1;
        if (text_.size() - at_ < 3 || std::from_chars(first, first + 2, v, 16).ptr != first + 2)
          fail("\\x needs two hexadecimal digits");
        c = static_cast<char>(v);
        at_ += 2;
      } else if (c != '"' && c != '\\') {
        fail("unknown escape");
      }
    }
    out += c;
  }
  if (at_ >= text_.size()) fail("a quoted name does not end");
  ++at_;
  return out;
}

Dim DimReader::call(std::string_view name) {
  const auto* f = std::find_if(std::begin(kFunctions), std::end(kFunctions), [&](auto& x) { return x.name == name; });
  if (f == std::end(kFunctions)) fail(concat("unknown function '", name.substr(0, 40), "'"));
  std::vector<Dim> args;
  do args.push_back(expression());
  while (args.size() < f->max_args && take(','));
  if (!take(')')) fail("expected ')' or ','");
  if (args.size() < f->min_args) fail(concat(name, " takes ", f->min_args, " arguments, got ", args.size()));
  return dim_detail::apply(f->op, args);
}

Dim DimReader::primary() {
  skip_spaces();
  if (at_ >= text_.size()) fail("expected a number, a name or '('");
  if (is_digit(text_[at_])) return number();
  if (text_[at_] == '"') return Dim::symbol(quoted_name());
  if (take('(')) {
    Dim inner = expression();
    if (!take(')')) fail("expected ')'");
    return inner;
  }
  const std::string_view name = text_.substr(at_, name_length(text_.substr(at_)));
  if (name.empty()) fail("expected a number, a name or '('");
  at_ += name.size();
  return take('(') ? call(name) : Dim::symbol(name);
}

Dim DimReader::term(bool negative) {
  skip_spaces();
  Dim result;
  // The sign is read with the digits, so that the lowest integer can be written.
  if (negative && at_ > 0 && at_ < text_.size() && text_[at_ - 1] == '-' && is_digit(text_[at_])) {
    --at_;
    result = number();
  } else {
    result = negative ? Dim(0) - primary() : primary();
  }
  while (take('*')) result = result * primary();
  return result;
}

Dim DimReader::expression() {
  if (++nesting_ > kMaxNesting) fail(concat("more than ", kMaxNesting, " nested parentheses"));
  Dim sum = term(take('-'));
  while (true) {
    if (take('+'))
      sum = sum + term(false);
    else if (take('-'))
      sum = sum + term(true);
    else
      break;
  }
  --nesting_;
  return sum;
}

Dim DimReader::read() {
  try {
    return expression();
  } catch (const Error& e) {
    if (e.code() == ErrorCode::kInvalidArgument) throw;
    fail(e.what());  // too large, or an overflow
  }
}

Dim parse_dim(std::string_view text) {
  DimReader reader(text, 0);
  Dim d = reader.read();
  if (!reader.at_end()) reader.fail("unexpected text");
  return d;
}

}  // namespace dvt
