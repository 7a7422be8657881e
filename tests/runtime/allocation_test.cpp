// Once a shape has run, another run of it allocates nothing. The process's allocator is counted, so that malloc in a
// library counts as well as operator new. Sanitizers have an allocator of their own and are left alone.
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "backend/cpu/cpu.h"
#include "cpu_network.h"
#include "documents.h"
#include "runtime/context.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 0
#else
#define COUNTS_ALLOCATIONS 1
#endif

namespace {
std::atomic<int64_t> allocations{0};
}

#if COUNTS_ALLOCATIONS
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void* malloc(size_t n) { return ++allocations, __libc_malloc(n); }
void* calloc(size_t n, size_t size) { return ++allocations, __libc_calloc(n, size); }
void* realloc(void* p, size_t n) { return ++allocations, __libc_realloc(p, n); }
void* aligned_alloc(size_t alignment, size_t n) { return ++allocations, __libc_memalign(alignment, n); }
}
#endif

namespace dvt::runtime {
namespace {

/// Allocations of one run of each batch, on a stream or not.
int64_t count_runs(Context& context, const std::vector<int64_t>& batches, Stream* stream) {
  static float x[64 * 4], y[64 * 3];
  const int64_t before = allocations;
  for (int64_t batch : batches) {
    const int64_t dims[2] = {batch, 4};
    context.set_input_shape("x", dims);
    context.set_address("x", x);
    context.set_address("y", y + (batch % 2));
    if (!context.enqueue(stream)) std::abort();
    if (stream) stream->synchronize();
  }
  return allocations - before;
}

plan::Document mlp_without_reference_kernels() {
  plan::Document d = mlp();  // the fake reference allocates: only the packed matmul is left
  d.values.resize(4);
  d.values[3] = {.name = "y", .storage = plan::Storage::kOutput, .dims = {"batch", "3"}};
  d.values[2].dims = {"3"};
  d.outputs = {3};
  d.steps.resize(1);
  return d;
}

TEST(Allocation, NoneAfterTheFirstRunOfAShape) {
  if (!COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer has the allocator";
  const auto context = load_fake(mlp_without_reference_kernels())->create_context();
  const std::vector<int64_t> batches = {1, 2, 7, 1, 8, 2, 2};
  EXPECT_GT(count_runs(*context, batches, nullptr), 0);
  EXPECT_EQ(count_runs(*context, batches, nullptr), 0);
}

TEST(Allocation, NoneInLoopsAndBranches) {
  if (!COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer has the allocator";
  const auto engine = Engine::load(plan_of(looped()), cpu::device());
  const auto context = engine->create_context();
  std::vector<float> x = {1, 2, 3, 4, 5, 6}, y(2), all(6);
  uint8_t flag = 0;
  context->set_address("x", x.data());
  context->set_address("flag", &flag);
  context->set_address("y", y.data());
  context->set_address("all", all.data());
  const auto runs = [&] {
    const int64_t before = allocations;
    for (flag = 0; flag < 2; ++flag)
      if (!context->enqueue(nullptr)) std::abort();
    return allocations - before;
  };
  EXPECT_GT(runs(), 0);
  EXPECT_EQ(y, (std::vector<float>{30, 44}));  // each sum is twice the one before and the row
  EXPECT_EQ(all, (std::vector<float>{2, 4, 10, 16, 30, 44}));
  EXPECT_EQ(runs(), 0);
}

TEST(Allocation, NoneOnAStream) {
  if (!COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer has the allocator";
  const auto context = load_fake(mlp_without_reference_kernels())->create_context();
  ThreadStream stream;
  count_runs(*context, {1, 2, 3}, &stream);
  EXPECT_EQ(count_runs(*context, {3, 1, 2}, &stream), 0);
}

TEST(Allocation, NoneWhereSizesAreReportedThatWereSeen) {
  if (!COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer has the allocator";
  const auto context = Engine::load(plan_of(late_cpu_network()), cpu::device())->create_context();
  static float x[12];
  static int64_t y[48];
  const int64_t dims[2] = {6, 2};
  context->set_input_shape("x", dims);
  context->set_address("x", x);
  context->set_address("twice", y);
  const auto count = [&] {
    const int64_t before = allocations;
    for (int found : {2, 0, 7, 12}) {
      for (int i = 0; i < 12; ++i) x[i] = i < found ? 1 : 0;
      if (!context->enqueue(nullptr)) std::abort();
    }
    return allocations - before;
  };
  EXPECT_GT(count(), 0);
  EXPECT_EQ(count(), 0);
}

}  // namespace
}  // namespace dvt::runtime
