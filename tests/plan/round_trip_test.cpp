#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/mapped_file.h"
#include "plan/reader.h"
#include "plan/validate.h"
#include "plan/writer.h"
#include "sample.h"

namespace dvt::plan {
namespace {

void expect_equal(const Document& a, const Document& b) {
  EXPECT_EQ(a.network_name, b.network_name);
  EXPECT_EQ(a.builder_version, b.builder_version);
  EXPECT_EQ(a.target_isa, b.target_isa);
  EXPECT_EQ(a.target_name, b.target_name);
  EXPECT_EQ(a.threads, b.threads);
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.outputs, b.outputs);
  EXPECT_EQ(a.graph_text, b.graph_text);
  EXPECT_EQ(a.flags, b.flags);
  ASSERT_EQ(a.values.size(), b.values.size());
  for (size_t i = 0; i < a.values.size(); ++i) {
    const Value &x = a.values[i], &y = b.values[i];
    EXPECT_EQ(std::tie(x.name, x.dtype, x.layout, x.storage, x.dims, x.elements, x.source, x.offset, x.shape_io,
                       x.slice_axis, x.pitch),
              std::tie(y.name, y.dtype, y.layout, y.storage, y.dims, y.elements, y.source, y.offset, y.shape_io,
                       y.slice_axis, y.pitch));
  }
  ASSERT_EQ(a.steps.size(), b.steps.size());
  for (size_t i = 0; i < a.steps.size(); ++i) {
    const Step &x = a.steps[i], &y = b.steps[i];
    EXPECT_EQ(std::tie(x.name, x.problem, x.tactic, x.tactic_version, x.inputs, x.outputs, x.origin, x.flops, x.bytes,
                       x.tuned_ms, x.note),
              std::tie(y.name, y.problem, y.tactic, y.tactic_version, y.inputs, y.outputs, y.origin, y.flops, y.bytes,
                       y.tuned_ms, y.note));
    ASSERT_EQ(x.late.size(), y.late.size());
    for (size_t k = 0; k < x.late.size(); ++k)
      EXPECT_EQ(std::tie(x.late[k].symbol, x.late[k].max), std::tie(y.late[k].symbol, y.late[k].max));
    if (!x.packed.empty()) EXPECT_EQ(x.packed, y.packed);
  }
  ASSERT_EQ(a.profiles.size(), b.profiles.size());
  for (size_t i = 0; i < a.profiles.size(); ++i)
    for (size_t k = 0; k < a.profiles[i].entries.size(); ++k) {
      const ProfileEntry &x = a.profiles[i].entries[k], &y = b.profiles[i].entries[k];
      EXPECT_EQ(std::tie(x.tensor, x.min, x.opt, x.max, x.is_values),
                std::tie(y.tensor, y.min, y.opt, y.max, y.is_values));
    }
  ASSERT_EQ(a.sections.size(), b.sections.size());
  for (size_t i = 0; i < a.sections.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(a.sections[i].bytes, b.sections[i].bytes)) << i;
}

TEST(PlanRoundTrip, KeepsEverything) { expect_equal(sample(), read_plan(Blob::copy(write_plan(sample())))); }

TEST(PlanRoundTrip, IsDeterministic) {
  const std::vector<std::byte> bytes = write_plan(sample());
  EXPECT_EQ(bytes, write_plan(sample()));
  EXPECT_EQ(bytes, write_plan(read_plan(Blob::copy(bytes))));
}

TEST(PlanRoundTrip, StoresEqualSectionsOnceAndAligned) {
  const Blob plan = Blob::copy(write_plan(sample()));
  const Document d = read_plan(plan);
  EXPECT_EQ(d.sections[1].bytes.data(), d.sections[2].bytes.data());
  for (const Section& s : d.sections) EXPECT_EQ(reinterpret_cast<uintptr_t>(s.bytes.data()) % 64, 0u);
}

TEST(PlanRoundTrip, SectionsKeepThePlanAlive) {
  Document d;
  {
    const std::vector<std::byte> bytes = write_plan(sample());
    d = read_plan(Blob::copy(bytes));
  }
  float first = 0;
  std::memcpy(&first, d.sections[0].bytes.data(), sizeof first);
  EXPECT_EQ(first, 0.5f);
}

TEST(PlanRoundTrip, AcceptsBytesAtAnyAddress) {
  const std::vector<std::byte> bytes = write_plan(sample());
  std::vector<std::byte> shifted(bytes.size() + 64);
  auto* at = shifted.data() + 1;
  std::copy(bytes.begin(), bytes.end(), at);
  expect_equal(sample(), read_plan(Blob({at, bytes.size()}, nullptr)));
}

TEST(PlanRoundTrip, WorksWithoutAnything) {
  Document d;
  d.target_isa = "cpu:baseline";
  const Document back = read_plan(Blob::copy(write_plan(d)));
  EXPECT_TRUE(back.values.empty());
}

TEST(PlanRoundTrip, KeepsAnEmptySection) {
  Document d = sample();
  d.values.push_back({.name = "none", .storage = Storage::kConstant, .dims = {"0"}, .source = 3});
  d.sections.push_back({});
  d.sections.push_back(section_of(std::vector<float>{7}));
  d.values.push_back({.name = "seven", .storage = Storage::kConstant, .dims = {}, .source = 4});
  expect_equal(d, read_plan(Blob::copy(write_plan(d))));

  // Also as the last one, where no section follows to fill the padding.
  d.values.push_back({.name = "nothing", .storage = Storage::kConstant, .dims = {"0"}, .source = 5});
  d.sections.push_back({});
  expect_equal(d, read_plan(Blob::copy(write_plan(d))));
}

TEST(PlanRoundTrip, HeaderIsWhatToolsRead) {
  const std::vector<std::byte> bytes = write_plan(sample());
  EXPECT_EQ(std::memcmp(bytes.data(), "ftrt\0\0\0\0", 8), 0);
  EXPECT_EQ(bytes[24], std::byte{0});
  EXPECT_EQ(bytes[25], std::byte{1});
  EXPECT_EQ(bytes[26], std::byte{2});
  EXPECT_EQ(bytes[27], std::byte{0});
  const Header h = peek_header(std::span(bytes).first(64));
  EXPECT_EQ(h.total_bytes, bytes.size());
  EXPECT_EQ(h.minor, 1);
}

TEST(PlanInPieces, IsTheSameBytes) {
  std::vector<std::byte> all;
  write_plan(sample(), [&](std::span<const std::byte> piece) { all.insert(all.end(), piece.begin(), piece.end()); });
  EXPECT_EQ(all, write_plan(sample()));
}

TEST(PlanFile, HoldsTheSameBytes) {
  const std::string path = testing::TempDir() + "dovetail_sample.plan";
  write_plan_file(sample(), path);
  EXPECT_TRUE(std::ranges::equal(read_file(path).bytes(), write_plan(sample())));
  expect_equal(sample(), read_plan(map_file(path)));
  std::filesystem::remove(path);
}

/// The sample with sections that are made when it is their turn.
Document made_later() {
  Document d = sample();
  for (Section& s : d.sections)
    s = {.made_bytes = s.bytes.size(), .make = [from = s](std::span<std::byte> to, ThreadPool&) {
           ASSERT_EQ(to.size(), from.bytes.size());
           std::ranges::copy(from.bytes, to.begin());
         }};
  return d;
}

TEST(PlanMadeLater, HasTheSameBytesEverywhere) {
  const std::vector<std::byte> plain = write_plan(sample());
  EXPECT_EQ(write_plan(made_later()), plain);
  EXPECT_EQ(write_plan(made_later()), plain) << "the second time";
  std::vector<std::byte> pieces;
  write_plan(made_later(), [&](std::span<const std::byte> p) { pieces.insert(pieces.end(), p.begin(), p.end()); });
  EXPECT_EQ(pieces, plain);
  const std::string path = testing::TempDir() + "dovetail_made_later.plan";
  EXPECT_EQ(write_plan_file(made_later(), path), plain.size());
  EXPECT_TRUE(std::ranges::equal(read_file(path).bytes(), plain));
  std::filesystem::remove(path);
}

TEST(PlanMadeLater, LeavesNoFileWhenItFails) {
  Document d = made_later();
  d.sections[1].make = [](std::span<std::byte>, ThreadPool&) { throw Error(ErrorCode::kOutOfMemory, "no room"); };
  const std::filesystem::path folder = testing::TempDir() + "dovetail_failed";
  std::filesystem::create_directory(folder);
  EXPECT_THROW(write_plan_file(d, folder / "a.plan"), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove(folder);
}

}  // namespace
}  // namespace dvt::plan
