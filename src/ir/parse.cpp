#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "ir/regions.h"
#include "ir/text.h"
#include "ops/control/if.h"
#include "ops/control/loop.h"

namespace dvt::ir {
namespace {

constexpr size_t kMaxTextBytes = 16u << 20;
constexpr int64_t kMaxConstantBytes = 64 << 20;

/// Reads one line from left to right; a name is everything up to a delimiter of the grammar.
class LineReader {
 public:
  LineReader(std::string_view text, int number) : text_(text), number_(number) {}

  [[noreturn]] void fail(std::string_view what) const {
    throw Error(ErrorCode::kInvalidArgument, "graph text line ", number_, ", column ", at_ + 1, ": ", what);
  }
  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool accept(std::string_view word) {
    skip_space();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void expect(std::string_view word) {
    if (!accept(word)) fail(concat("expected '", word, "'"));
  }
  std::string name() {
    expect("%");
    const size_t begin = at_;
    while (at_ < text_.size() && std::string_view(" ,;()=|").find(text_[at_]) == std::string_view::npos) ++at_;
    std::string n(text_.substr(begin, at_ - begin));
    if (n.ends_with(":cl")) n.resize(n.size() - 3);
    if (n.empty()) fail("expected a name after %");
    return n;
  }
  bool layout_suffix() const { return at_ >= 3 && text_.substr(at_ - 3, 3) == ":cl"; }
  /// Up to `stop` outside brackets, braces and quotes, trimmed.
  std::string_view until(char stop) {
    skip_space();
    const size_t begin = at_;
    int depth = 0;
    bool quoted = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') quoted = !quoted;
      if (c == '\\' && quoted) ++at_;
      if (quoted) continue;
      if (c == stop && depth == 0) break;
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
    }
    at_ = std::min(at_, text_.size());
    std::string_view part = text_.substr(begin, at_ - begin);
    while (part.ends_with(' ')) part.remove_suffix(1);
    return part;
  }
  std::string_view rest() { return until('\0'); }
  /// A list in brackets without brackets in it.
  std::string_view list() {
    expect("[");
    const size_t begin = at_ - 1, end = text_.find(']', begin);
    if (end == std::string_view::npos) fail("expected a list in brackets");
    at_ = end + 1;
    return text_.substr(begin, at_ - begin);
  }
  bool done() {
    skip_space();
    return at_ == text_.size();
  }
  double number() {
    skip_space();
    double v = 0;
    auto [end, ec] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v);
    if (ec != std::errc()) fail("expected a number");
    at_ = static_cast<size_t>(end - text_.data());
    return v;
  }
  int64_t integer() {
    skip_space();
    int64_t v = 0;
    auto [end, ec] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v);
    if (ec != std::errc()) fail("expected an integer");
    at_ = static_cast<size_t>(end - text_.data());
    return v;
  }

 private:
  std::string_view text_;
  int number_;
  size_t at_ = 0;
};

Value* find(Graph& g, LineReader& r) {
  const std::string name = r.name();
  Value* v = g.find_value(name);
  if (!v) r.fail(concat("no value '%", name, "' is defined above"));
  return v;
}

void store(const ops::WriteView& view, int64_t i, LineReader& r) {
  if (is_floating(view.dtype()))
    view.set(i, r.number());
  else
    view.set_int(i, r.integer());
}

void parse_constant(Graph& g, LineReader& r) {
  const std::string name = r.name();
  r.expect(":");
  const TensorType type = parse_tensor_type(r.until('='));
  r.expect("=");
  if (!type.shape.is_constant()) r.fail("a constant's dims must be constant");
  const int64_t count = type.shape.volume().constant();
  const auto size = static_cast<int64_t>(byte_size(type.dtype, count));
  if (count < 0 || size > kMaxConstantBytes) r.fail("the constant is too large for text");
  std::byte* bytes = nullptr;
  Blob data = Blob::allocate(static_cast<size_t>(size), &bytes);
  const ops::WriteView view(type.dtype, type.shape.constants(), bytes);
  if (r.accept("hash")) r.fail("the constant's data was not written out; it cannot be read back");
  if (r.accept("splat")) {
    if (count > 0) store(view, 0, r);
    for (int64_t i = 1; i < count; ++i)
      is_floating(type.dtype) ? view.set(i, view.read().get(0)) : view.set_int(i, view.read().get_int(0));
  } else {
    r.expect("[");
    for (int64_t i = 0; i < count; ++i) {
      if (i) r.expect(",");
      store(view, i, r);
    }
    r.expect("]");
  }
  g.add_constant(name, type, std::move(data));
}

/// Elements of "[a,2*b,max(c,1)]": written as dimensions are, but there may be more of them than a shape has.
std::vector<Dim> parse_elements(std::string_view list, const LineReader& r) {
  if (!list.starts_with('[') || !list.ends_with(']')) r.fail("expected a list of dimensions in brackets");
  list = list.substr(1, list.size() - 2);
  std::vector<Dim> elements;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= list.size() && !list.empty(); ++i) {
    if (i < list.size() && list[i] == '(') ++depth;
    if (i < list.size() && list[i] == ')') --depth;
    if (i < list.size() && (list[i] != ',' || depth > 0)) continue;
    elements.push_back(parse_dim(list.substr(begin, i - begin)));
    begin = i + 1;
  }
  return elements;
}

void parse_symbolic(Graph& g, LineReader& r) {
  const std::string name = r.name();
  r.expect(":");
  const TensorType type = parse_tensor_type(r.until('='));
  r.expect("=");
  g.add_symbolic(name, type, parse_elements(r.rest(), r));
}

void parse_input(Graph& g, LineReader& r) {
  const std::string name = r.name();
  const bool channels_last = r.layout_suffix();
  r.expect(":");
  std::string_view type = r.rest();
  const bool shape = type.ends_with(" shape");
  if (shape) type.remove_suffix(6);
  Value* v = g.add_input(name, parse_tensor_type(type));
  if (shape) g.make_shape_input(v);
  if (channels_last) g.set_layout(v, Layout::channels_last);
}

std::vector<std::string> symbol_names(const std::vector<Dim>& list, const LineReader& r) {
  std::vector<std::string> names;
  for (const Dim& d : list) {
    const std::optional<std::string> symbol = d.as_symbol();
    if (!symbol) r.fail(concat("'", d, "' is no symbol"));
    names.push_back(*symbol);
  }
  return names;
}

struct Result {
  std::string name;
  bool channels_last = false;
  std::optional<TensorType> type;
};

/// A node with regions whose closing brace has not been read.
struct Pending {
  Graph* outer = nullptr;
  int number = 0;  ///< Of its line.
  ops::Op op;
  std::vector<Value*> inputs;
  std::vector<Result> results;
  std::vector<std::unique_ptr<Graph>> regions;
};

/// Names and layouts of the results as the text has them.
void name_results(Graph& g, const Node& n, const std::vector<Result>& results, const LineReader& r) {
  if (n.outputs().size() != results.size())
    r.fail(concat(n.op().name(), " has ", n.outputs().size(), " results, ", results.size(), " are named"));
  for (size_t i = 0; i < results.size(); ++i) {
    g.set_name(n.outputs()[i], results[i].name);
    if (results[i].channels_last) g.set_layout(n.outputs()[i], Layout::channels_last);
    if (results[i].type && !(*results[i].type == n.outputs()[i]->type()))
      r.fail(concat("'%", results[i].name, "' is ", n.outputs()[i]->type(), ", the text says ", *results[i].type));
  }
}

/// The node's line; when its regions follow, they come into `pending`.
std::optional<Pending> parse_node(Graph& g, LineReader& r) {
  std::vector<Result> results;
  do {
    Result result{r.name(), r.layout_suffix(), std::nullopt};
    if (r.accept(":")) result.type = parse_tensor_type(r.until('='));
    results.push_back(std::move(result));
  } while (r.accept(","));
  r.expect("=");
  ops::Op op = ops::parse_op(r.until('('));
  r.expect("(");
  std::vector<Value*> inputs;
  int num_op_inputs = -1;
  while (!r.accept(")")) {
    if (r.accept(";"))
      num_op_inputs = static_cast<int>(inputs.size());
    else if (!inputs.empty())
      r.expect(",");
    inputs.push_back(find(g, r));
  }
  for (const Result& result : results)
    if (g.find_value(result.name)) r.fail(concat("'%", result.name, "' is defined twice"));
  if (r.accept("{")) return Pending{&g, 0, std::move(op), std::move(inputs), std::move(results), {}};
  std::optional<std::vector<Dim>> late;
  if (r.accept("late ")) late = parse_elements(r.list(), r);
  expr::Expr epilogue;
  if (r.accept("|")) epilogue = expr::parse_expr(r.until('#'));
  Node* n = g.add_node(results[0].name, op, std::move(inputs), std::move(epilogue), num_op_inputs);
  if (late) g.set_late(n, symbol_names(*late, r));
  name_results(g, *n, results, r);
  return std::nullopt;
}

std::string scope_of(const ops::Op& op) {
  if (const auto* f = op.as<ops::If>()) return f->scope;
  if (const auto* loop = op.as<ops::Loop>()) return loop->scope;
  return "";
}

void parse_output(Graph& g, LineReader& r) {
  Value* v = find(g, r);
  g.mark_output(v, r.accept("as") ? r.rest() : std::string_view(v->name()));
}

/// Reads line by line; the innermost region that is open is the graph that lines add to.
class TextReader {
 public:
  explicit TextReader(Graph& root) : root_(root) {}

  void line(std::string_view text, int number) {
    LineReader r(text, number);
    if (r.done() || r.accept("#")) return;
    try {
      if (r.accept("region"))
        open_region(r);
      else if (r.accept("}"))
        close(r);
      else
        statement(r, number);
    } catch (Error& e) {
      throw std::move(e).at(concat("graph text line ", number));
    }
  }

  void end() const {
    if (!open_.empty())
      throw Error(ErrorCode::kInvalidArgument, "graph text: the regions of the node in line ", open_.back().number,
                  " are not closed");
  }

 private:
  void open_region(LineReader& r) {
    if (open_.empty()) r.fail("a region stands only behind a node that ends in {");
    if (open_.back().regions.size() == 2) r.fail("no node has more than two regions");
    open_.back().regions.push_back(Graph::new_region(scope_of(open_.back().op)));
  }

  void close(LineReader& r) {
    if (open_.empty()) r.fail("there is nothing to close");
    Pending node = std::move(open_.back());
    open_.pop_back();
    const std::string name = node.results.empty() ? "" : node.results[0].name;
    const Node* n = node.outer->add_control(name, node.op, std::move(node.inputs), std::move(node.regions));
    name_results(*node.outer, *n, node.results, r);
  }

  void statement(LineReader& r, int number) {
    if (!open_.empty() && open_.back().regions.empty()) r.fail("expected the word region");
    Graph& g = open_.empty() ? root_ : *open_.back().regions.back();
    if (r.accept("input ")) {
      parse_input(g, r);
      if (!open_.empty()) bind_last_input(open_.back());
    } else if (r.accept("const "))
      parse_constant(g, r);
    else if (r.accept("dims "))
      parse_symbolic(g, r);
    else if (r.accept("output "))
      parse_output(g, r);
    else if (std::optional<Pending> node = parse_node(g, r)) {
      if (open_.size() == static_cast<size_t>(kMaxRegionDepth))
        r.fail(concat("regions lie more than ", kMaxRegionDepth, " deep in each other"));
      node->number = number;
      open_.push_back(std::move(*node));
    }
  }

  /// What is known of a captured value is known to the lines that follow.
  static void bind_last_input(const Pending& node) {
    Graph& region = *node.regions.back();
    const int outer = outer_input_of(node.op, static_cast<int>(region.inputs().size()) - 1);
    if (!is_capture(node.op, outer) || outer >= static_cast<int>(node.inputs.size())) return;
    Value* input = region.inputs().back();
    const ir::Value& captured = *node.inputs[static_cast<size_t>(outer)];
    if (captured.known() && captured.type() == input->type())  // the verifier says what other types are
      region.bind_input(input, {input->type(), captured.known()});
  }

  Graph& root_;
  std::vector<Pending> open_;
};

}  // namespace

std::unique_ptr<Graph> parse(std::string_view text) {
  if (text.size() > kMaxTextBytes) throw Error(ErrorCode::kInvalidArgument, "graph text is larger than 16 MiB");
  auto g = std::make_unique<Graph>();
  TextReader reader(*g);
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    reader.line(text.substr(0, end), number);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  reader.end();
  return g;
}

}  // namespace dvt::ir
