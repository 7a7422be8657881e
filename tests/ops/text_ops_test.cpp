// The operators on text, by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "helpers.h"

namespace dvt::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Strings = std::vector<std::string>;

/// A run of one operator, whose attributes and texts live as long as this object.
struct TextRun {
  Op op;
  TextArena arena;
  std::vector<Tensor> outputs;
  std::vector<int64_t> late;

  TextRun(std::string_view text, const std::vector<Tensor>& inputs) : op(parse_op(text)) {
    std::vector<ValueInfo> infos;
    std::vector<ReadView> reads;
    for (const Tensor& t : inputs) {
      infos.push_back(t.info());
      reads.push_back(t.read());
    }
    SymbolReplacements largest;
    const std::vector<LateSize> sizes = late_sizes(op, infos);
    for (size_t i = 0; i < sizes.size(); ++i) largest[*late_symbol(static_cast<int>(i)).as_symbol()] = *sizes[i].max;
    std::vector<WriteView> writes;
    for (TensorType t : infer(op, infos)) {
      for (int d = 0; d < t.rank(); ++d) t.shape[d] = t.shape[d].substitute(largest);
      outputs.emplace_back(t.dtype, t.shape.constants());
    }
    for (Tensor& t : outputs) writes.emplace_back(t.dtype, t.dims, t.bytes.data(), &arena);
    late.resize(sizes.size());
    reference(op, reads, writes, late);
  }
  Strings texts(size_t output = 0) const {
    Strings out;
    const int64_t n = late.empty() ? outputs[output].read().volume() : late[0];
    for (int64_t i = 0; i < n; ++i) out.emplace_back(outputs[output].read().text(i));
    return out;
  }
  std::vector<double> numbers(size_t output = 0) const { return outputs[output].values(); }
};

Tensor text(std::vector<int64_t> dims, const std::vector<std::string_view>& values) {
  Tensor t(DType::text, std::move(dims));
  for (size_t i = 0; i < values.size(); ++i) t.write().set_view(static_cast<int64_t>(i), values[i]);
  return t;
}

std::string failure(std::string_view op, const std::vector<Tensor>& inputs) {
  try {
    TextRun(op, inputs);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(TextOps, ConstantsHoldAnyBytes) {
  EXPECT_THAT(TextRun(R"(text_constant{values=["a\x00b","\"",""],shape=[3]})", {}).texts(),
              ElementsAre(std::string("a\0b", 3), "\"", ""));
  EXPECT_THAT(TextRun(R"(text_constant{values=["x"],shape=[2,2]})", {}).texts(), ElementsAre("x", "x", "x", "x"));
  EXPECT_THAT(failure(R"(text_constant{values=["x","y"],shape=[3]})", {}), HasSubstr("2 values for the shape [3]"));
  EXPECT_THAT(failure(R"(text_constant{values=[],shape=[3]})", {}), HasSubstr("0 values"));
}

TEST(TextOps, DataMovesAsItIs) {
  const Tensor x = text({2, 3}, {"a", "bb", "", "d", "e", "f"});
  EXPECT_THAT(TextRun("transpose", {x}).texts(), ElementsAre("a", "d", "bb", "e", "", "f"));
  EXPECT_THAT(TextRun("gather{axis=1}", {x, {DType::i64, {2}, {2, 0}}}).texts(), ElementsAre("", "a", "f", "d"));
  EXPECT_THAT(TextRun("tile{repeats=[1,2]}", {x}).texts(),
              ElementsAre("a", "bb", "", "a", "bb", "", "d", "e", "f", "d", "e", "f"));
  EXPECT_THAT(TextRun("pad{pads_begin=[1,0],pads_end=[0,0]}", {x}).texts(),
              ElementsAre("", "", "", "a", "bb", "", "d", "e", "f"));
  EXPECT_THAT(TextRun("concat{axis=0}", {x, text({1, 3}, {"g", "h", "i"})}).texts(),
              ElementsAre("a", "bb", "", "d", "e", "f", "g", "h", "i"));
  EXPECT_THAT(failure("scatter_elements{reduction=add}", {x, {DType::i64, {1, 1}, {0}}, text({1, 1}, {"z"})}),
              HasSubstr("reduction add of text"));
  EXPECT_THAT(TextRun("scatter_elements", {x, {DType::i64, {1, 1}, {1}}, text({1, 1}, {"z"})}).texts(),
              ElementsAre("a", "bb", "", "z", "e", "f"));
}

TEST(TextOps, UniqueSortsByBytes) {
  const TextRun run("unique", {text({5}, {"b", "\xc3\xa9", "a", "b", "ab"})});
  EXPECT_THAT(run.texts(), ElementsAre("a", "ab", "b", "\xc3\xa9"));
  EXPECT_THAT(run.numbers(2), ElementsAre(2, 3, 0, 2, 1));
}

TEST(TextOps, CompareSelectAndJoinBroadcast) {
  const Tensor a = text({2, 1}, {"x", "y"}), b = text({2}, {"x", ""});
  EXPECT_THAT(TextRun("text_equal", {a, b}).numbers(), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(TextRun("text_concat", {a, b}).texts(), ElementsAre("xx", "x", "yx", "y"));
  EXPECT_THAT(TextRun("text_select", {{DType::b8, {2}, {1, 0}}, a, b}).texts(), ElementsAre("x", "", "y", ""));
  EXPECT_THAT(TextRun("text_concat", {text({0}, {}), text({1}, {"a"})}).texts(), ElementsAre());
}

TEST(TextOps, KeysHaveAPlaceAndTheLastOfEqualOnesCounts) {
  EXPECT_THAT(TextRun(R"(text_index{keys=["a","b","a"]})", {text({4}, {"a", "b", "c", ""})}).numbers(),
              ElementsAre(2, 1, 3, 3));
  EXPECT_THAT(TextRun("text_index", {text({1}, {"a"})}).numbers(), ElementsAre(0));
}

TEST(TextOps, SplitsAtSpacesOrADelimiter) {
  const Tensor x = text({3}, {" a b  c ", "", "d"}), columns(DType::i64, {}, {3});
  EXPECT_THAT(TextRun("text_part_count", {x}).numbers(), ElementsAre(3, 0, 1));
  EXPECT_THAT(TextRun("text_split", {x, columns}).texts(), ElementsAre("a", "b", "c", "", "", "", "d", "", ""));
  EXPECT_THAT(TextRun("text_split{max_split=1}", {x, columns}).texts(),
              ElementsAre("a", "b  c ", "", "", "", "", "d", "", ""));
  const Tensor y = text({2}, {"a,,b,", ""});
  EXPECT_THAT(TextRun(R"(text_part_count{delimiter=","})", {y}).numbers(), ElementsAre(4, 1));
  EXPECT_THAT(TextRun(R"(text_split{delimiter=","})", {y, columns}).texts(), ElementsAre("a", "", "b", "", "", ""));
  EXPECT_THAT(TextRun(R"(text_split{delimiter=",",max_split=2})", {y, columns}).texts(),
              ElementsAre("a", "", "b,", "", "", ""));
}

TEST(TextOps, NormalizesCaseOfAllAlphabets) {
  const Tensor x = text({4}, {"Äpfel", "UND", "Straße\xff", "ЯБЛОКИ"});
  EXPECT_THAT(TextRun("text_normalize{case_change=lower}", {x}).texts(),
              ElementsAre("äpfel", "und", "straße\xff", "яблоки"));
  EXPECT_THAT(TextRun("text_normalize{case_change=upper}", {x}).texts(),
              ElementsAre("ÄPFEL", "UND", "STRAßE\xff", "ЯБЛОКИ"));
  EXPECT_THAT(TextRun(R"(text_normalize{stop_words=["und","äpfel"]})", {x}).texts(),
              ElementsAre("Straße\xff", "ЯБЛОКИ"));
  EXPECT_THAT(TextRun(R"(text_normalize{stop_words=["und"],case_sensitive=true})", {x}).texts().size(), 4);
  EXPECT_THAT(TextRun(R"(text_normalize{stop_words=["a"]})", {text({1, 1}, {"a"})}).texts(), ElementsAre(""));
  EXPECT_THAT(TextRun("text_normalize", {text({0}, {})}).texts(), ElementsAre(""));
  EXPECT_THAT(failure("text_normalize", {text({2, 1}, {"a", "b"})}), HasSubstr("one row"));
}

TEST(TextOps, NumbersBecomeTheShortestTextThatTellsThemApart) {
  const auto written = [](DType type, const std::vector<double>& values) {
    return TextRun("text_from_number", {Tensor(type, {static_cast<int64_t>(values.size())}, values)}).texts();
  };
  constexpr double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(written(DType::f32, {0.1, 1, -0.0, 3.1415927, 1e-5, 0.0001, 1e16, 123456, 1.5e20, kInf, -kInf, kNan}),
              ElementsAre("0.1", "1.0", "-0.0", "3.1415927", "1e-05", "0.0001", "1e+16", "123456.0", "1.5e+20", "inf",
                          "-inf", "nan"));
  EXPECT_THAT(written(DType::f64, {0.1, 1e100, 1.0 / 3}), ElementsAre("0.1", "1e+100", "0.3333333333333333"));
  EXPECT_THAT(written(DType::f16, {0.1, 65504, 1.0 / 3}), ElementsAre("0.1", "65500.0", "0.3333"));
  EXPECT_THAT(written(DType::i8, {-5, 127}), ElementsAre("-5", "127"));
  EXPECT_THAT(written(DType::b8, {0, 1}), ElementsAre("False", "True"));
  Tensor wide(DType::u64, {1});
  wide.write().set_int(0, -1);
  EXPECT_THAT(TextRun("text_from_number", {wide}).texts(), ElementsAre("18446744073709551615"));
}

TEST(TextOps, TextBecomesNumbersOrSaysWhyNot) {
  const auto read = [](std::string_view op, const std::vector<std::string_view>& values) {
    return TextRun(op, {text({static_cast<int64_t>(values.size())}, values)}).numbers();
  };
  EXPECT_THAT(
      read("text_to_number", {"1.5", " -2e3\n", "+4", "INF", "-Infinity"}),
      ElementsAre(1.5, -2000, 4, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isnan(read("text_to_number", {"NaN"})[0]));
  EXPECT_THAT(read("text_to_number{to=i32}", {"12", "-7", "100.5", "1e3"}), ElementsAre(12, -7, 100, 1000));
  EXPECT_THAT(read("text_to_number{to=b8}", {"True", "false", "0", "2"}), ElementsAre(1, 0, 0, 1));
  EXPECT_EQ(TextRun("text_to_number{to=u64}", {text({1}, {"18446744073709551615"})}).outputs[0].read().get_int(0), -1);
  for (std::string_view bad : {"", "abc", "1.5x", "+-1", "1 2"})
    EXPECT_THAT(failure("text_to_number", {text({1}, {bad})}), HasSubstr("is no number of type f32")) << bad;
  for (std::string_view bad : {"128", "-129", "nan", "1e30"})
    EXPECT_THAT(failure("text_to_number{to=i8}", {text({1}, {bad})}), HasSubstr("is no number of type i8")) << bad;
  EXPECT_THAT(failure("text_to_number{to=u64}", {text({1}, {"-1"})}), HasSubstr("is no number of type u64"));
}

TEST(TextOps, MatchesTheWholeText) {
  const std::string op = R"(text_match{pattern="[a-c]+\\.com|é?"})";
  EXPECT_THAT(TextRun(op, {text({5}, {"abc.com", "abc.com ", "", "é", "xabc.com"})}).numbers(),
              ElementsAre(1, 0, 1, 1, 0));
  EXPECT_THAT(failure(R"(text_match{pattern="(a"})", {text({1}, {""})}), HasSubstr("is none of RE2's"));
}

}  // namespace
}  // namespace dvt::ops
