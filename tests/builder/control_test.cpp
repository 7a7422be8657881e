// Control flow from text to a run: branches, loops, shapes that change on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "build_support.h"

namespace dvt::builder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

/// An engine, one context, and memory for its inputs and outputs; results take what they need.
class Network {
 public:
  explicit Network(const std::string& text, BuildOptions options = options_for_host())
      : engine_(runtime::Engine::load(Blob::copy(build_text(text, options)), cpu::device())),
        context_(engine_->create_context()) {
    for (const runtime::IoTensor& t : engine_->io_tensors())
      if (!t.is_input) context_->set_output_allocator(t.name, {.reallocate = &grow, .argument = &results_[t.name]});
  }
  template <class T>
  Network& set(const std::string& name, Ints dims, std::vector<T> elements) {
    std::vector<std::byte>& memory = inputs_[name];
    memory.resize(elements.size() * sizeof(T) + 1);
    std::memcpy(memory.data(), elements.data(), elements.size() * sizeof(T));
    context_->set_input_shape(name, dims);
    context_->set_address(name, memory.data());
    return *this;
  }
  Network& flag(const std::string& name, bool value) { return set<uint8_t>(name, {}, {value}); }
  Network& number(const std::string& name, int64_t value) { return set<int64_t>(name, {}, {value}); }

  runtime::Status run() {
    for (const runtime::IoTensor& t : engine_->io_tensors()) {
      if (t.is_input) continue;
      // Outputs whose shape is known before the run are written where the address says.
      const Ints dims = context_->tensor_shape(t.name);
      if (std::find(dims.begin(), dims.end(), -1) != dims.end()) continue;
      size_t volume = 1;
      for (int64_t d : dims) volume *= static_cast<size_t>(d);
      results_[t.name].resize(volume * 8 + 8);
      context_->set_address(t.name, results_[t.name].data());
    }
    return context_->enqueue(nullptr);
  }
  template <class T>
  std::vector<T> result(const std::string& name) {
    size_t volume = 1;
    for (int64_t d : context_->tensor_shape(name)) volume *= static_cast<size_t>(d);
    std::vector<T> elements(volume);
    if (volume) std::memcpy(elements.data(), results_[name].data(), volume * sizeof(T));
    return elements;
  }
  Floats floats(const std::string& name) {
    const runtime::Status status = run();
    if (!status.ok()) throw status.error();
    return result<float>(name);
  }
  Ints shape(const std::string& name) { return context_->tensor_shape(name); }
  std::string error() {
    const runtime::Status status = run();
    return status.ok() ? "" : status.error().what();
  }
  runtime::Context& context() { return *context_; }

 private:
  static void* grow(void* memory, void*, size_t bytes) noexcept {
    static_cast<std::vector<std::byte>*>(memory)->resize(bytes + 8);
    return static_cast<std::vector<std::byte>*>(memory)->data();
  }
  std::shared_ptr<const runtime::Engine> engine_;
  std::map<std::string, std::vector<std::byte>> inputs_, results_;
  std::unique_ptr<runtime::Context> context_;
};

constexpr const char* kBranches = R"(
  input  %x : f32[2,2]
  input  %c : b8[]
  const  %w : f32[2,2] = [1,2,3,4]
  %y, %z = if_else{scope="?if"}(%c, %x, %w) {
  region
    input  %?if.x : f32[2,2]
    input  %?if.w : f32[2,2]
    %a = matmul(%?if.x, %?if.w)
    %b = concat(%a, %?if.x)
    output %a
    output %b
  region
    input  %?if.x : f32[2,2]
    input  %?if.w : f32[2,2]
    %n = elementwise{op=neg}(%?if.x)
    output %n
    output %?if.w
  }
  %r = elementwise{op=add}(%y, %x)
  output %r
  output %z)";

TEST(Control, OneBranchIsTaken) {
  Network n(kBranches);
  n.set<float>("x", {2, 2}, {1, 0, 0, 1});
  EXPECT_THAT(n.flag("c", true).floats("r"), ElementsAre(2, 2, 3, 5));
  EXPECT_THAT(n.shape("z"), ElementsAre(4, 2));
  EXPECT_THAT(n.result<float>("z"), ElementsAre(1, 2, 3, 4, 1, 0, 0, 1));
  EXPECT_THAT(n.flag("c", false).floats("r"), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(n.shape("z"), ElementsAre(2, 2));
  EXPECT_THAT(n.result<float>("z"), ElementsAre(1, 2, 3, 4));
}

// Adds %x to a carried value %n times; the sums of all iterations are stacked.
constexpr const char* kSum = R"(
  input  %x : f32[2]
  input  %n : i64[]
  %y, %all = loop{scope="?loop",has_limit=true,carried=1,stack_axes=[0],stack_reverse=[0],stack_lengths=[0]}(%n, %x, %x) {
  region
    input  %i : i64[]
    input  %a : f32[2]
    input  %b : f32[2]
    %s = elementwise{op=add}(%a, %b)
    output %s
    output %s as copy
  }
  output %y
  output %all)";

TEST(Control, CountedLoop) {
  Network n(kSum);
  n.set<float>("x", {2}, {1, 2});
  EXPECT_THAT(n.number("n", 3).floats("y"), ElementsAre(4, 8));
  EXPECT_THAT(n.shape("all"), ElementsAre(3, 2));
  EXPECT_THAT(n.result<float>("all"), ElementsAre(2, 4, 3, 6, 4, 8));
  EXPECT_THAT(n.number("n", 0).floats("y"), ElementsAre(1, 2));
  EXPECT_THAT(n.shape("all"), ElementsAre(0, 2));
  EXPECT_THAT(n.number("n", -5).floats("y"), ElementsAre(1, 2));
  EXPECT_THAT(n.number("n", 2).floats("all"), ElementsAre(2, 4, 3, 6));
}

TEST(Control, CarriedTensorThatGrows) {
  Network n(R"(
    input  %x : f32[2]
    input  %n : i64[]
    %y = loop{scope="?loop",has_limit=true,carried=1}(%n, %x, %x) {
    region
      input  %i : i64[]
      input  %a : f32[2]
      input  %b : f32[2]
      %c = concat(%a, %b)
      output %c
    }
    %z = elementwise{op=neg}(%y)
    output %z)");
  n.set<float>("x", {2}, {1, 2});
  EXPECT_THAT(n.number("n", 2).floats("z"), ElementsAre(-1, -2, -1, -2, -1, -2));
  EXPECT_THAT(n.number("n", 0).floats("z"), ElementsAre(-1, -2));
  for (int64_t trips : {100, 7, 1}) {
    const Floats z = n.number("n", trips).floats("z");
    ASSERT_EQ(z.size(), static_cast<size_t>(2 * trips + 2));
    for (size_t i = 0; i < z.size(); ++i) ASSERT_EQ(z[i], i % 2 ? -2 : -1);
  }
}

// Doubles a number until it is at least %limit: the condition ends the loop.
constexpr const char* kUntil = R"(
  input  %x : f32[1]
  input  %limit : f32[1]
  const  %scalar : i64[1] = [0]
  %small = elementwise{op=lt}(%x, %limit)
  %go = reshape{shape=[]}(%small)
  %y = loop{scope="?loop",has_condition=true,carried=1}(%go, %x, %limit) {
  region
    input  %i : i64[]
    input  %a : f32[1]
    input  %l : f32[1]
    %d = elementwise{op=add}(%a, %a)
    %s = elementwise{op=lt}(%d, %l)
    %more = reshape{shape=[]}(%s)
    output %more
    output %d
  }
  output %y)";

TEST(Control, ConditionEndsTheLoop) {
  Network n(kUntil);
  n.set<float>("x", {1}, {3});
  EXPECT_THAT(n.set<float>("limit", {1}, {20}).floats("y"), ElementsAre(24));
  EXPECT_THAT(n.set<float>("limit", {1}, {2}).floats("y"), ElementsAre(3));
}

TEST(Control, WhileFormAsksBeforeEachIteration) {
  Network n(R"(
    input  %x : f32[1]
    input  %limit : f32[1]
    %y = loop{scope="?loop",while_form=true,carried=1}(%x, %limit) {
    region
      input  %i : i64[]
      input  %a : f32[1]
      input  %l : f32[1]
      %d = elementwise{op=add}(%a, %a)
      output %d
    region
      input  %i : i64[]
      input  %a : f32[1]
      input  %l : f32[1]
      %s = elementwise{op=lt}(%a, %l)
      %more = reshape{shape=[]}(%s)
      output %more
    }
    output %y)");
  n.set<float>("x", {1}, {3});
  EXPECT_THAT(n.set<float>("limit", {1}, {20}).floats("y"), ElementsAre(24));
  EXPECT_THAT(n.set<float>("limit", {1}, {2}).floats("y"), ElementsAre(3));
}

std::string scan(const std::string& attributes) {
  return R"(
    input  %x : f32[2,3]
    input  %len : i64[]
    %y = loop{scope="?loop",)" +
         attributes + R"( {
    region
      input  %i : i64[]
      input  %s : f32[2]
      %d = elementwise{op=add}(%s, %s)
      output %d
    }
    output %y)";
}

TEST(Control, ScansAndStacksAlongAnyAxisBothWays) {
  const Floats x = {1, 2, 3, 4, 5, 6};
  Network a(scan("scan_axes=[1],scan_reverse=[0],stack_axes=[0],stack_reverse=[0],stack_lengths=[0]}(%x)"));
  EXPECT_THAT(a.set("x", {2, 3}, x).number("len", 0).floats("y"), ElementsAre(2, 8, 4, 10, 6, 12));
  EXPECT_THAT(a.shape("y"), ElementsAre(3, 2));
  Network b(scan("scan_axes=[1],scan_reverse=[1],stack_axes=[1],stack_reverse=[0],stack_lengths=[0]}(%x)"));
  EXPECT_THAT(b.set("x", {2, 3}, x).number("len", 0).floats("y"), ElementsAre(6, 4, 2, 12, 10, 8));
  EXPECT_THAT(b.shape("y"), ElementsAre(2, 3));
  Network c(scan("scan_axes=[-1],scan_reverse=[1],stack_axes=[-1],stack_reverse=[1],stack_lengths=[0]}(%x)"));
  EXPECT_THAT(c.set("x", {2, 3}, x).number("len", 0).floats("y"), ElementsAre(2, 4, 6, 8, 10, 12));
}

TEST(Control, StackedResultOfGivenLength) {
  const Floats x = {1, 2, 3, 4, 5, 6};
  Network n(scan("scan_axes=[1],scan_reverse=[0],stack_axes=[0],stack_reverse=[0],stack_lengths=[1]}(%x, %len)"));
  n.set("x", {2, 3}, x);
  EXPECT_THAT(n.number("len", 2).floats("y"), ElementsAre(2, 8, 4, 10));
  EXPECT_THAT(n.number("len", 4).floats("y"), ElementsAre(2, 8, 4, 10, 6, 12, 0, 0));
  EXPECT_THAT(n.number("len", 0).floats("y"), IsEmpty());
  Network r(scan("scan_axes=[1],scan_reverse=[0],stack_axes=[1],stack_reverse=[1],stack_lengths=[1]}(%x, %len)"));
  EXPECT_THAT(r.set("x", {2, 3}, x).number("len", 4).floats("y"), ElementsAre(0, 6, 4, 2, 0, 12, 10, 8));
}

// A condition in a loop in a condition; the innermost region reads a value from two graphs further out.
constexpr const char* kNested = R"(
  input  %x : f32[2]
  input  %c : b8[]
  input  %n : i64[]
  const  %two : i64[] = [2]
  %y = if_else{scope="?if"}(%c, %x, %n, %two) {
  region
    input  %?if.x : f32[2]
    input  %?if.n : i64[]
    input  %?if.two : i64[]
    %v = loop{scope="?if.loop",has_limit=true,carried=1}(%?if.n, %?if.x, %?if.x, %?if.two) {
    region
      input  %i : i64[]
      input  %a : f32[2]
      input  %?if.loop.x : f32[2]
      input  %?if.loop.two : i64[]
      %first = elementwise{op=lt}(%i, %?if.loop.two)
      %w = if_else{scope="?if.loop.if"}(%first, %a, %?if.loop.x) {
      region
        input  %p : f32[2]
        input  %q : f32[2]
        %s = elementwise{op=add}(%p, %q)
        output %s
      region
        input  %p : f32[2]
        input  %q : f32[2]
        %t = elementwise{op=mul}(%p, %q)
        output %t
      }
      output %w
    }
    output %v
  region
    input  %?if.x : f32[2]
    input  %?if.n : i64[]
    input  %?if.two : i64[]
    output %?if.x
  }
  output %y)";

TEST(Control, NestedRegionsReadFromFurtherOut) {
  Network n(kNested);
  n.set<float>("x", {2}, {2, 3});
  EXPECT_THAT(n.flag("c", true).number("n", 4).floats("y"), ElementsAre(24, 81));  // (x + x + x) * x * x
  EXPECT_THAT(n.flag("c", true).number("n", 0).floats("y"), ElementsAre(2, 3));
  EXPECT_THAT(n.flag("c", false).number("n", 4).floats("y"), ElementsAre(2, 3));
}

TEST(Control, SymbolsOfTheNetworkHoldInsideRegions) {
  BuildOptions options = options_for_host();
  options.profiles = {profile("x", {1, 2}, {2, 2}, {8, 2})};
  Network n(R"(
    input  %x : f32[rows,2]
    input  %c : b8[]
    %s = shape(%x)
    %y = if_else{scope="?if"}(%c, %x, %s) {
    region
      input  %a : f32[rows,2]
      input  %b : i64[2]
      %e = reduce{kind=sum,axes=[1],keep_dims=true}(%a)
      %r = expand(%e, %b)
      output %r
    region
      input  %a : f32[rows,2]
      input  %b : i64[2]
      %m = elementwise{op=neg}(%a)
      output %m
    }
    output %y)",
            options);
  EXPECT_THAT(n.set<float>("x", {1, 2}, {1, 2}).flag("c", true).floats("y"), ElementsAre(3, 3));
  EXPECT_THAT(n.set<float>("x", {2, 2}, {1, 2, 3, 4}).floats("y"), ElementsAre(3, 3, 7, 7));
  EXPECT_THAT(n.flag("c", false).floats("y"), ElementsAre(-1, -2, -3, -4));
}

TEST(Control, ErrorsInsideRegionsNameTheirPlace) {
  Network n(R"(
    input  %x : f32[2]
    input  %n : i64[]
    %y = loop{scope="?loop",has_limit=true,carried=1}(%n, %x, %x) {
    region
      input  %i : i64[]
      input  %a : f32[2]
      input  %b : f32[2]
      %c = elementwise{op=add}(%a, %b)
      %d = concat(%c, %b)
      output %d
    }
    output %y)");
  n.set<float>("x", {2}, {1, 2});
  EXPECT_THAT(n.number("n", 1).floats("y"), ElementsAre(2, 4, 1, 2));
  n.number("n", 2);
  const std::string text = n.error();
  EXPECT_THAT(text, HasSubstr("iteration 1"));
  EXPECT_THAT(n.number("n", 1).floats("y"), ElementsAre(2, 4, 1, 2));
}

TEST(Control, EmptyTensorsPassThroughLoops) {
  BuildOptions options = options_for_host();
  options.profiles = {profile("x", {0, 2}, {2, 2}, {8, 2})};
  Network n(R"(
    input  %x : f32[rows,2]
    input  %n : i64[]
    %y = loop{scope="?loop",has_limit=true,carried=1}(%n, %x, %x) {
    region
      input  %i : i64[]
      input  %a : f32[rows,2]
      input  %b : f32[rows,2]
      %s = elementwise{op=add}(%a, %b)
      output %s
    }
    output %y)",
            options);
  EXPECT_THAT(n.set<float>("x", {0, 2}, {}).number("n", 3).floats("y"), IsEmpty());
  EXPECT_THAT(n.set<float>("x", {1, 2}, {1, 2}).number("n", 3).floats("y"), ElementsAre(4, 8));
}

}  // namespace
}  // namespace dvt::builder
