// No kernel but the reference's allocates while it runs: counted in this program's own operator new.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "backend/cpu/cpu.h"
#include "tactic_check.h"

namespace {
std::atomic<bool> counting{false};
std::atomic<int> allocations{0};

void* allocate(std::size_t size, std::size_t alignment) {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded ? rounded : alignment);
  if (!memory) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t a) { return allocate(size, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t size, std::align_val_t a) { return allocate(size, static_cast<std::size_t>(a)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace dvt::test {
namespace {

using namespace backend;

TEST(Device, KernelsDoNotAllocateWhileTheyRun) {
  const Target target = capped_target("avx512", 2);
  const Target host = host_can_run(target) ? target : capped_target("baseline", 2);
  for (const std::string& name : corpus_names())
    for (const std::string& line : corpus(name)) {
      const Problem p = parse_problem(line);
      for (const Tactic& t : cpu::device().tactics()) {
        if (t.name == "cpu.reference" || !t.supports(p, host)) continue;
        allocations = 0;
        run_once(t, p, host, [](bool running) { counting = running; });
        EXPECT_EQ(allocations.load(), 0) << repro(p, t.name);
      }
    }
}

}  // namespace
}  // namespace dvt::test
