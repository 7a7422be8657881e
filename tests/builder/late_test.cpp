// Networks whose shapes depend on data: built from text, run at several counts, none included.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "build_support.h"

namespace dvt::builder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// An engine with memory for each output, as much as it may need.
class Runner {
 public:
  explicit Runner(const std::string& text, BuildOptions options = options_for_host())
      : engine_(runtime::Engine::load(Blob::copy(build_text(text, options)), cpu::device())),
        context_(engine_->create_context()) {
    for (const runtime::IoTensor& t : engine_->io_tensors())
      if (!t.is_input) {
        std::vector<std::byte>& memory = memory_[t.name];
        memory.resize(std::min<size_t>(context_->max_bytes(t.name), 1 << 16), std::byte{0xcd});
        context_->set_address(t.name, memory.data());
      }
  }
  template <class T>
  runtime::Status run(const std::string& name, std::vector<int64_t> dims, std::vector<T> elements,
                      runtime::Stream* stream = nullptr) {
    std::vector<std::byte>& memory = memory_[name];
    memory.resize(elements.size() * sizeof(T) + 1);
    std::memcpy(memory.data(), elements.data(), elements.size() * sizeof(T));
    context_->set_input_shape(name, dims);
    context_->set_address(name, memory.data());
    return context_->enqueue(stream);
  }
  template <class T>
  std::vector<T> output(const std::string& name) {
    size_t volume = 1;
    for (int64_t d : context_->tensor_shape(name)) volume *= static_cast<size_t>(d);
    std::vector<T> elements(volume);
    std::memcpy(elements.data(), memory_[name].data(), volume * sizeof(T));
    return elements;
  }
  std::vector<int64_t> shape(const std::string& name) { return context_->tensor_shape(name); }
  runtime::Context& context() { return *context_; }
  const runtime::Engine& engine() { return *engine_; }

 private:
  std::shared_ptr<const runtime::Engine> engine_;
  std::map<std::string, std::vector<std::byte>> memory_;
  std::unique_ptr<runtime::Context> context_;
};

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

constexpr const char* kPositions = R"(
    input  %x : f32[2,3]
    %y = non_zero(%x)
    output %y)";

TEST(Late, AResultOfUnknownSizeIsKnownAfterTheRun) {
  Runner r(kPositions);
  EXPECT_THAT(r.shape("y"), ElementsAre(2, -1));
  EXPECT_EQ(r.context().max_bytes("y"), 2u * 6 * 8);
  ASSERT_TRUE(r.run<float>("x", {2, 3}, {0, 5, 0, 7, 0, 1}).ok());
  EXPECT_THAT(r.shape("y"), ElementsAre(2, 3));
  EXPECT_THAT(r.output<int64_t>("y"), ElementsAre(0, 1, 1, 1, 0, 2));
  ASSERT_TRUE(r.run<float>("x", {2, 3}, Floats(6)).ok());
  EXPECT_THAT(r.shape("y"), ElementsAre(2, 0));
  ASSERT_TRUE(r.run<float>("x", {2, 3}, Floats(6, 1)).ok());
  EXPECT_THAT(r.output<int64_t>("y"), ElementsAre(0, 0, 0, 1, 1, 1, 0, 1, 2, 0, 1, 2));
}

// Rows that are picked, then arithmetic, a reduction over the count, and the count itself.
constexpr const char* kPicked = R"(
    input  %x : f32[n,2]
    const  %w : f32[2,2] = [1,2,3,4]
    const  %first : i64[1] = [0]
    %m = reduce{kind=max,axes=[1],keep_dims=false}(%x)
    %p = non_zero(%m)
    %row = reshape{shape=[-1]}(%p)
    %picked = gather{axis=0}(%x, %row)
    %y = matmul(%picked, %w)
    %z = activation{type=relu}(%y)
    %sum = reduce{kind=sum,axes=[0],keep_dims=false}(%z)
    %count = shape{end=1}(%picked)
    %all = concat{axis=0}(%z, %x)
    output %z
    output %sum
    output %count
    output %all)";

BuildOptions rows(int64_t min, int64_t opt, int64_t max) {
  BuildOptions o = options_for_host();
  o.profiles = {profile("x", {min, 2}, {opt, 2}, {max, 2})};
  return o;
}

TEST(Late, ShapesFlowThroughWhatFollows) {
  Runner r(kPicked, rows(0, 3, 8));
  ASSERT_TRUE(r.run<float>("x", {3, 2}, {1, 1, 0, 0, -3, 2}).ok());
  EXPECT_THAT(r.shape("z"), ElementsAre(2, 2));
  EXPECT_THAT(r.output<float>("z"), ElementsAre(4, 6, 3, 2));
  EXPECT_THAT(r.output<float>("sum"), ElementsAre(7, 8));
  EXPECT_THAT(r.output<int64_t>("count"), ElementsAre(2));
  EXPECT_THAT(r.output<float>("all"), ElementsAre(4, 6, 3, 2, 1, 1, 0, 0, -3, 2));
}

TEST(Late, EmptyResultsRunThroughEveryKernel) {
  Runner r(kPicked, rows(0, 3, 8));
  ASSERT_TRUE(r.run<float>("x", {3, 2}, Floats(6)).ok());
  EXPECT_THAT(r.shape("z"), ElementsAre(0, 2));
  EXPECT_THAT(r.output<float>("sum"), ElementsAre(0, 0));
  EXPECT_THAT(r.output<int64_t>("count"), ElementsAre(0));
  ASSERT_TRUE(r.run<float>("x", {0, 2}, {}).ok());
  EXPECT_THAT(r.shape("all"), ElementsAre(0, 2));
  ASSERT_TRUE(r.run<float>("x", {8, 2}, Floats(16, 1)).ok());
  EXPECT_THAT(r.shape("all"), ElementsAre(16, 2));
}

TEST(Late, ContextsDoNotDisturbEachOtherAndStreamsKeepOrder) {
  Runner a(kPicked, rows(0, 3, 8)), b(kPicked, rows(0, 3, 8));
  runtime::ThreadStream stream, other;
  ASSERT_TRUE(a.run<float>("x", {2, 2}, {1, 1, 2, 2}, &stream).ok());
  ASSERT_TRUE(b.run<float>("x", {3, 2}, {0, 0, 2, 2, 0, 0}, &other).ok());
  stream.synchronize();
  other.synchronize();
  EXPECT_THAT(a.output<int64_t>("count"), ElementsAre(2));
  EXPECT_THAT(b.output<int64_t>("count"), ElementsAre(1));
  EXPECT_THAT(b.output<float>("z"), ElementsAre(8, 12));
}

// A shape that kernels compute, with a placeholder: a lift makes its elements symbols.
constexpr const char* kReshaped = R"(
    input  %x : f32[n,2]
    const  %k : i64[2] = [-1,1]
    %s = cast{to=i64}(%x)
    %t = reduce{kind=max,axes=[0],keep_dims=false}(%s)
    %shape = elementwise{op=mul}(%t, %k)
    %l = lift{role=shape}(%shape, %x)
    %y = reshape(%x, %l)
    %two = elementwise{op=add}(%y, %y)
    output %two)";

TEST(Late, AShapeTensorComputedByKernels) {
  Runner r(kReshaped, rows(1, 3, 8));
  ASSERT_TRUE(r.run<float>("x", {3, 2}, {1, 2, 0, 0, 1, 3}).ok());
  EXPECT_THAT(r.shape("two"), ElementsAre(2, 3));
  EXPECT_THAT(r.output<float>("two"), ElementsAre(2, 4, 0, 0, 2, 6));
  ASSERT_TRUE(r.run<float>("x", {2, 2}, {1, 0, 0, 0}).ok());  // 0 copies a dimension: [-1, 2]
  EXPECT_THAT(r.shape("two"), ElementsAre(2, 2));
  const runtime::Status status = r.run<float>("x", {2, 2}, {1, 3, 0, 0});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().what(), HasSubstr("it must be in 0.."));
  ASSERT_TRUE(r.run<float>("x", {2, 2}, {1, 4, 0, 0}).ok());
  EXPECT_THAT(r.shape("two"), ElementsAre(1, 4));
}

// Sizes without a bound: memory is found when they are known.
constexpr const char* kUnbounded = R"(
    input  %x : f32[1]
    %n = cast{to=i64}(%x)
    %l = lift{role=size}(%n)
    %big = expand(%x, %l)
    %twice = elementwise{op=add}(%big, %x)
    %y = reduce{kind=sum,axes=[0],keep_dims=true}(%twice)
    output %y)";

TEST(Late, SizesWithoutABoundLiveInAPoolThatGrows) {
  Runner r(kUnbounded);
  EXPECT_THAT(r.engine().memory().unbounded, Not(IsEmpty()));
  for (float n : {3.f, 0.f, 5000.f, 100.f}) {
    ASSERT_TRUE(r.run<float>("x", {1}, {n}).ok());
    EXPECT_FLOAT_EQ(r.output<float>("y")[0], 2 * n * n);
  }
  const runtime::Status status = r.run<float>("x", {1}, {-1});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().what(), HasSubstr("the value -1"));
}

// The product of two sizes without a bound is above what the dimension of a problem may be.
constexpr const char* kProductOfUnbounded = R"(
    input  %x : f32[1,1]
    %n = cast{to=i64}(%x)
    %row = reshape{shape=[1]}(%n)
    %both = concat{axis=0}(%row, %row)
    %l = lift{role=size}(%both)
    %square = expand(%x, %l)
    %flat = reshape{shape=[-1]}(%square)
    %y = reduce{kind=sum,axes=[0],keep_dims=true}(%flat)
    output %y)";

TEST(Late, AProductOfSizesWithoutABoundHasAProblem) {
  Runner r(kProductOfUnbounded);
  for (float n : {3.f, 1.f, 50.f}) {
    const runtime::Status status = r.run<float>("x", {1, 1}, {n});
    ASSERT_TRUE(status.ok()) << status.error().what();
    EXPECT_FLOAT_EQ(r.output<float>("y")[0], n * n * n);
  }
}

struct Grown {
  std::vector<std::byte> memory;
  std::vector<int64_t> dims;
};

TEST(Late, AnAllocatorIsAskedOnceTheSizeIsKnown) {
  Runner r(kPositions);
  Grown grown;
  const runtime::OutputAllocator allocator{[](void* self, void*, size_t bytes) noexcept -> void* {
                                             auto& memory = static_cast<Grown*>(self)->memory;
                                             memory.assign(bytes, std::byte{0});
                                             return memory.data();
                                           },
                                           [](void* self, std::span<const int64_t> dims) noexcept {
                                             static_cast<Grown*>(self)->dims.assign(dims.begin(), dims.end());
                                           },
                                           &grown};
  r.context().set_output_allocator("y", allocator);
  ASSERT_TRUE(r.run<float>("x", {2, 3}, {0, 5, 0, 7, 0, 0}).ok());
  EXPECT_EQ(grown.memory.size(), 32u);
  EXPECT_THAT(grown.dims, ElementsAre(2, 2));
  ASSERT_TRUE(r.run<float>("x", {2, 3}, Floats(6)).ok());
  EXPECT_THAT(grown.dims, ElementsAre(2, 0));
}

TEST(Late, FailuresOnAStreamAreToldAndTheContextGoesOn) {
  Runner r(kUnbounded);
  std::string told;
  r.context().set_failure_listener(
      {[](void* to, const Error& e) noexcept { *static_cast<std::string*>(to) = e.what(); }, &told});
  runtime::ThreadStream stream;
  ASSERT_TRUE(r.run<float>("x", {1}, {-2}, &stream).ok());
  stream.synchronize();
  EXPECT_THAT(told, HasSubstr("the value -2"));
  ASSERT_TRUE(r.run<float>("x", {1}, {4}, &stream).ok());
  stream.synchronize();
  EXPECT_FLOAT_EQ(r.output<float>("y")[0], 32);
}

}  // namespace
}  // namespace dvt::builder
