// Plans that someone wrote on purpose: changes of meaning rather than of bytes. Numbers in problems and dims change one
// by one or everywhere alike, operands are swapped, types and tactics replaced. What passes every check must run within
// its memory, with the real kernels too.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <random>

#include "backend/cpu/cpu.h"
#include "cpu_network.h"
#include "documents.h"
#include "fake_device.h"
#include "hostile_run.h"

namespace dvt::runtime {
namespace {

using plan::Document;

class Mutator {
 public:
  Mutator(unsigned seed, const backend::Device& device) : random_(seed), device_(device) {}

  void change(Document& d) {
    switch (below(9)) {
      case 0:
      case 1:
        return change_number(pick(d.steps).problem);
      case 2:
      case 3:
        return change_everywhere(d);
      case 4:
        if (plan::Value& v = pick(d.values); !v.dims.empty()) change_number(pick(v.dims));
        return;
      case 5:
        return change_operand(d);
      case 6:
        pick(d.values).dtype = *dtype_from_number(below(24));
        return;
      case 7:
        return change_tactic(pick(d.steps));
      default:
        return change_profile(d);
    }
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  template <class T>
  T& pick(std::vector<T>& list) {
    return list[static_cast<size_t>(below(static_cast<int>(list.size())))];
  }
  std::string number() {
    static const char* const kNumbers[] = {"0", "1",  "2",  "3",  "4",   "5",   "7",
                                           "8", "10", "16", "64", "100", "201", "4096"};
    return kNumbers[below(std::size(kNumbers))];
  }

  /// One run of digits of the text becomes another number.
  void change_number(std::string& text) {
    std::vector<std::pair<size_t, size_t>> runs;
    for (size_t i = 0; i < text.size(); ++i) {
      if (!std::isdigit(static_cast<unsigned char>(text[i]))) continue;
      if (i && std::isalpha(static_cast<unsigned char>(text[i - 1]))) continue;  // of a data type
      size_t end = i;
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
      runs.emplace_back(i, end - i);
      i = end;
    }
    if (runs.empty()) return;
    const auto [at, length] = pick(runs);
    text.replace(at, length, number());
  }

  /// One number becomes another in every shape alike, as in a network of other sizes.
  void change_everywhere(Document& d) {
    const std::string from = number(), to = number();
    for (plan::Value& v : d.values)
      for (std::string& dim : v.dims)
        if (dim == from) dim = to;
    for (plan::Step& s : d.steps) {
      for (const char* around : {"[,", "[]", ",,", ",]"}) {
        const std::string old = around[0] + from + around[1], fresh = around[0] + to + around[1];
        for (size_t at = 0; (at = s.problem.find(old, at)) != std::string::npos; ++at)
          s.problem.replace(at, old.size(), fresh);
      }
    }
    for (plan::Profile& p : d.profiles)
      for (plan::ProfileEntry& e : p.entries)
        for (auto* list : {&e.min, &e.opt, &e.max})
          for (int64_t& n : *list)
            if (std::to_string(n) == from && e.min != e.max) n = std::stoll(to);
  }

  void change_operand(Document& d) {
    plan::Step& s = pick(d.steps);
    int32_t& operand = below(3) && !s.inputs.empty() ? pick(s.inputs) : pick(s.outputs);
    operand = below(static_cast<int>(d.values.size()));
  }

  void change_tactic(plan::Step& s) {
    const auto tactics = device_.tactics();
    const backend::Tactic& t = tactics[static_cast<size_t>(below(static_cast<int>(tactics.size())))];
    s.tactic = t.name;
    s.tactic_version = static_cast<uint32_t>(t.version);
    if (below(2)) s.packed.assign(s.inputs.size(), 0);
  }

  void change_profile(Document& d) {
    plan::ProfileEntry& e = pick(pick(d.profiles).entries);
    std::vector<int64_t>* const lists[] = {&e.min, &e.opt, &e.max};
    pick(*lists[below(3)]) = std::stoll(number());
  }

  std::mt19937 random_;
  const backend::Device& device_;
};

void change_at_random(const Document& good, const backend::Device& device, int rounds, unsigned seed) {
  if (std::getenv("DOVETAIL_TEST_FULL")) rounds *= 20;
  Mutator mutator(seed, device);
  int ran = 0;
  for (int i = 0; i < rounds; ++i) {
    Document d = good;
    for (int k = 0; k <= i % 4; ++k) mutator.change(d);
    ran += load_and_run_everything(plan_of(d), device);
  }
  EXPECT_GT(ran, 0);
}

TEST(HostileDocument, Mlp) { change_at_random(mlp(), touching_device(), 2000, 21); }
TEST(HostileDocument, AddTwo) { change_at_random(add_two(), touching_device(), 2000, 22); }
TEST(HostileDocument, FillShape) { change_at_random(fill_shape(), touching_device(), 2000, 23); }
TEST(HostileDocument, CpuNetwork) { change_at_random(small_cpu_network(), cpu::device(), 1500, 24); }
TEST(HostileDocument, TextNetwork) { change_at_random(text_cpu_network(), cpu::device(), 3000, 25); }

}  // namespace
}  // namespace dvt::runtime
