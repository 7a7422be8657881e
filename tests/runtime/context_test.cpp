#include "runtime/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>

#include "documents.h"
#include "fake_device.h"

namespace dvt::runtime {
namespace {

using plan::Document;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<float> ramp(int64_t n) {
  std::vector<float> v(static_cast<size_t>(n));
  std::iota(v.begin(), v.end(), -3.f);
  return v;
}

std::string error_of(const Status& status) { return status.ok() ? "" : status.error().what(); }

/// Runs `batch` rows and compares with the reference.
void expect_right(Context& context, int64_t batch, Stream* stream = nullptr) {
  const std::vector<float> x = ramp(batch * 4);
  std::vector<float> y(static_cast<size_t>(batch) * 3, -1.f);
  context.set_input_shape("x", std::vector<int64_t>{batch, 4});
  context.set_address("x", const_cast<float*>(x.data()));
  context.set_address("y", y.data());
  ASSERT_EQ(error_of(context.enqueue(stream)), "");
  if (stream) stream->synchronize();
  EXPECT_EQ(y, mlp_reference(x, batch));
}

TEST(Context, RunsEveryShapeOfEveryProfile) {
  const auto context = load_fake(mlp())->create_context();
  for (int64_t batch = 1; batch <= 8; ++batch) expect_right(*context, batch);
  context->set_profile(1);
  for (int64_t batch : {8, 9, 63, 64}) expect_right(*context, batch);
  context->set_profile(0);
  expect_right(*context, 3);
}

TEST(Context, TellsShapes) {
  const auto context = load_fake(mlp())->create_context();
  EXPECT_THAT(context->tensor_shape("x"), ElementsAre(-1, 4));
  EXPECT_THAT(context->tensor_shape("y"), ElementsAre(-1, 1, 3));
  EXPECT_THAT(context->infer_shapes(), ElementsAre("x"));
  context->set_input_shape("x", std::vector<int64_t>{5, 4});
  EXPECT_THAT(context->tensor_shape("x"), ElementsAre(5, 4));
  EXPECT_THAT(context->tensor_shape("y"), ElementsAre(5, 1, 3));
  EXPECT_TRUE(context->infer_shapes().empty());
  EXPECT_EQ(context->max_bytes("y"), 8u * 3 * 4);
  context->set_profile(1);
  EXPECT_THAT(context->tensor_shape("x"), ElementsAre(-1, 4));
  EXPECT_EQ(context->max_bytes("y"), 64u * 3 * 4);
}

TEST(Context, RefusesShapesByName) {
  const auto context = load_fake(mlp())->create_context();
  const auto set = [&](const char* name, std::vector<int64_t> dims) {
    return refusal([&] { context->set_input_shape(name, dims); });
  };
  EXPECT_EQ(set("x", {9, 4}), "input 'x': axis 0 is 9, but profile 0 allows 1..8");
  EXPECT_EQ(set("x", {0, 4}), "input 'x': axis 0 is 0, but profile 0 allows 1..8");
  EXPECT_EQ(set("x", {2, 5}), "input 'x': axis 1 is 5 but must be 4");
  EXPECT_EQ(set("x", {2}), "input 'x' has rank 2, got 1 dims");
  EXPECT_THAT(set("nix", {2}), HasSubstr("no input or output 'nix'"));
  EXPECT_THAT(set("y", {2, 1, 3}), HasSubstr("'y' is an output"));
  EXPECT_THAT(refusal([&] { context->set_profile(2); }), HasSubstr("profile 2 does not exist; the engine has 2"));
  EXPECT_THAT(refusal([&] { context->set_input_values("x", std::vector<int64_t>{1}); }),
              HasSubstr("not a shape tensor"));
}

TEST(Context, EnqueueSaysWhatIsMissing) {
  const auto context = load_fake(mlp())->create_context();
  EXPECT_EQ(error_of(context->enqueue(nullptr)), "the shape of input 'x' is not set");
  context->set_input_shape("x", std::vector<int64_t>{1, 4});
  EXPECT_EQ(error_of(context->enqueue(nullptr)), "the address of input 'x' is not set");
  float x[4] = {}, y[3];
  context->set_address("x", x);
  EXPECT_EQ(error_of(context->enqueue(nullptr)), "the address of output 'y' is not set");
  EXPECT_THAT(refusal([&] { context->set_address("y", reinterpret_cast<char*>(y) + 1); }), HasSubstr("not aligned"));
  context->set_address("y", y);
  EXPECT_EQ(error_of(context->enqueue(nullptr)), "");
  EXPECT_EQ(context->address("y"), y);
  context->set_address("y", nullptr);
  EXPECT_EQ(context->enqueue(nullptr).error().code(), ErrorCode::kInvalidState);
}

TEST(Context, ChecksThatInputsAgree) {
  const auto context = load_fake(add_two())->create_context();
  context->set_input_shape("a", std::vector<int64_t>{3, 5});
  context->set_input_shape("b", std::vector<int64_t>{4, 1});
  context->set_input_shape("c", std::vector<int64_t>{6});
  EXPECT_EQ(refusal([&] { context->infer_shapes(); }), "input 'b' dim 0 is 4 but must equal n = 3 (from 'a')");
  context->set_input_shape("b", std::vector<int64_t>{3, 1});
  context->set_input_shape("c", std::vector<int64_t>{5});
  EXPECT_EQ(refusal([&] { context->infer_shapes(); }), "input 'c' dim 0 is 5 but must equal 2*n = 6");
  context->set_input_shape("c", std::vector<int64_t>{6});
  EXPECT_THAT(context->tensor_shape("sum"), ElementsAre(3, 5));
}

TEST(Context, AStepRefusesShapesThatItsOpDoesNotTake) {
  Document d = add_two();  // b's rows under a symbol of its own: only the op says that they must equal a's
  d.values[1].dims[0] = "k";
  const auto context = load_fake(d)->create_context();
  context->set_input_shape("a", std::vector<int64_t>{3, 5});
  context->set_input_shape("b", std::vector<int64_t>{4, 1});
  context->set_input_shape("c", std::vector<int64_t>{6});
  EXPECT_THAT(refusal([&] { context->infer_shapes(); }), HasSubstr("step 'add': "));
  context->set_input_shape("b", std::vector<int64_t>{3, 1});
  EXPECT_TRUE(context->infer_shapes().empty());
}

TEST(Context, ShapeTensorsComeFromMemoryOrFromACall) {
  const auto context = load_fake(fill_shape())->create_context();
  EXPECT_THAT(context->tensor_shape("y"), ElementsAre(-1, -1));
  EXPECT_THAT(context->infer_shapes(), ElementsAre("shape"));
  EXPECT_EQ(refusal([&] {
              context->set_input_values("shape", std::vector<int64_t>{5, 1});
            }),
            "input 'shape': element 0 is 5, but profile 0 allows 1..4");
  context->set_input_values("shape", std::vector<int64_t>{2, 1});
  EXPECT_THAT(context->tensor_shape("y"), ElementsAre(2, 2));
  std::vector<float> y(24);
  context->set_address("y", y.data());
  ASSERT_EQ(error_of(context->enqueue(nullptr)), "");  // without an address: the values were set
  EXPECT_THAT(std::vector<float>(y.begin(), y.begin() + 5), ElementsAre(4.5f, 4.5f, 4.5f, 4.5f, 0));

  int32_t shape[2] = {1, 4};
  context->set_address("shape", shape);
  EXPECT_THAT(context->tensor_shape("y"), ElementsAre(1, 5));
  shape[0] = 4;
  ASSERT_EQ(error_of(context->enqueue(nullptr)), "");
  EXPECT_EQ(y[19], 6.5f);
  shape[0] = 7;
  EXPECT_THAT(error_of(context->enqueue(nullptr)), HasSubstr("element 0 is 7"));
}

TEST(Context, UsesMemoryOfTheUser) {
  const auto engine = load_fake(mlp());
  const auto context = engine->create_context({.own_memory = false});
  context->set_input_shape("x", std::vector<int64_t>{1, 4});
  float x[4] = {}, y[3];
  context->set_address("x", x);
  context->set_address("y", y);
  EXPECT_THAT(error_of(context->enqueue(nullptr)), HasSubstr("0 bytes of device memory, but profile 0 needs 256"));
  alignas(64) static std::byte memory[256 + 64];
  EXPECT_THAT(refusal([&] { context->set_device_memory(memory, 255); }), HasSubstr("has 255 bytes"));
  EXPECT_THAT(refusal([&] { context->set_device_memory(memory + 8, 256); }), HasSubstr("aligned"));
  context->set_device_memory(memory, 256);
  expect_right(*context, 8);
  context->set_profile(1);
  context->set_input_shape("x", std::vector<int64_t>{8, 4});
  EXPECT_THAT(error_of(context->enqueue(nullptr)), HasSubstr("but profile 1 needs"));
}

TEST(Context, ReportsTimesInOrder) {
  const auto context = load_fake(mlp())->create_context();
  std::vector<std::string> names;
  context->set_profiler({[](void* list, const char* step, float ms) noexcept {
                           static_cast<std::vector<std::string>*>(list)->push_back(step);
                           if (ms < 0) std::abort();
                         },
                         &names});
  expect_right(*context, 2);
  EXPECT_THAT(names, ElementsAre("fc", "bias", "relu"));
  context->set_profiler({});
  expect_right(*context, 2);
  EXPECT_EQ(names.size(), 3u);
}

TEST(Context, OutlivesItsEngineHandleAndThePlansBytes) {
  std::unique_ptr<Context> context;
  {
    const Blob plan = plan_of(mlp());
    context = Engine::load(plan, fake_device())->create_context();
  }
  expect_right(*context, 4);
}

TEST(Context, RunsOnAStreamWithShapesAsTheyWere) {
  const auto engine = load_fake(mlp());
  const auto context = engine->create_context();
  constexpr int64_t kRuns = 8;
  std::vector<std::vector<float>> xs, ys;
  for (int64_t batch = 1; batch <= kRuns; ++batch) {
    xs.push_back(ramp(batch * 4));
    ys.emplace_back(static_cast<size_t>(batch) * 3);
  }
  std::atomic<bool> gate{false};
  ThreadStream stream;
  stream.enqueue([](void* g) { static_cast<std::atomic<bool>*>(g)->wait(false); }, &gate);
  for (int64_t batch = 1; batch <= kRuns; ++batch) {
    const auto i = static_cast<size_t>(batch - 1);
    context->set_input_shape("x", std::vector<int64_t>{batch, 4});
    context->set_address("x", xs[i].data());
    context->set_address("y", ys[i].data());
    ASSERT_EQ(error_of(context->enqueue(&stream)), "");
  }
  gate = true;
  gate.notify_all();
  stream.synchronize();
  for (int64_t batch = 1; batch <= kRuns; ++batch)
    EXPECT_EQ(ys[static_cast<size_t>(batch - 1)], mlp_reference(xs[static_cast<size_t>(batch - 1)], batch));
  expect_right(*context, 3, &stream);
}

TEST(Context, WaitsWhenManyRunsArePending) {
  const auto context = load_fake(mlp())->create_context();
  std::vector<float> x = ramp(4), y(3);
  context->set_input_shape("x", std::vector<int64_t>{1, 4});
  context->set_address("x", x.data());
  context->set_address("y", y.data());
  ThreadStream stream;
  for (int i = 0; i < 500; ++i) ASSERT_EQ(error_of(context->enqueue(&stream)), "");
  stream.synchronize();
  EXPECT_EQ(y, mlp_reference(x, 1));
}

TEST(Context, DestructorWaitsForItsRuns) {
  ThreadStream stream;
  for (int i = 0; i < 20; ++i) {
    std::vector<float> x = ramp(4), y(3);  // outlive the context, whose destructor waits for what writes them
    const auto context = load_fake(mlp())->create_context();
    context->set_input_shape("x", std::vector<int64_t>{1, 4});
    context->set_address("x", x.data());
    context->set_address("y", y.data());
    ASSERT_EQ(error_of(context->enqueue(&stream)), "");
  }
}

TEST(Context, ManyRunAtOnceOverOneEngine) {
  const auto engine = load_fake(mlp());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&engine, t] {
      const auto context = engine->create_context();
      ThreadStream stream;
      for (int64_t i = 0; i < 50; ++i) expect_right(*context, 1 + (i + t) % 8, t % 2 ? &stream : nullptr);
    });
  for (std::thread& t : threads) t.join();
}

TEST(Context, ZeroSizedTensorsNeedNoAddress) {
  Document d = mlp();
  for (plan::Step& s : d.steps)
    for (size_t at; (at = s.problem.find("1..64")) != std::string::npos;) s.problem.replace(at, 5, "0..64");
  d.profiles[0].entries[0].min[0] = 0;
  const auto context = load_fake(d)->create_context();
  context->set_input_shape("x", std::vector<int64_t>{0, 4});
  EXPECT_EQ(error_of(context->enqueue(nullptr)), "");
  EXPECT_THAT(context->tensor_shape("y"), ElementsAre(0, 1, 3));
}

}  // namespace
}  // namespace dvt::runtime
