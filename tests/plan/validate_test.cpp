// Documents that are wrong in themselves: one change to a good one, and the sentence that refuses it.
#include "plan/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "base/error.h"
#include "refusal.h"
#include "sample.h"

namespace dvt::plan {
namespace {

class Validate : public testing::TestWithParam<Case> {};

TEST_P(Validate, Refuses) { expect_refused(sample(), GetParam()); }

const Case kCases[] = {
    {"Threads", [](Document& d) { d.threads = 0; }, "0 threads"},
    {"Rank", [](Document& d) { d.values[3].dims.assign(17, "1"); }, "'t' has rank 17"},
    {"DimText", [](Document& d) { d.values[3].dims[0] = "batch+"; }, "dims of value 't'"},
    {"NegativeDim", [](Document& d) { d.values[3].dims[0] = "-3"; }, "'t' has a dim of -3"},
    {"HugeDim", [](Document& d) { d.values[3].dims[0] = "9000000000000000000"; }, "has a dim of"},
    {"UnboundSymbol", [](Document& d) { d.values[3].dims[0] = "width"; }, "'t' uses 'width', which no input binds"},
    {"LateSymbol", [](Document& d) { d.values[5].elements[0] = "?lost"; }, "'s' uses '?lost'"},
    {"LateOfAnInput",
     [](Document& d) {
       d.steps[1].late = {{"batch", ""}};
     },
     "is no name of a late size"},
    {"LateTwice",
     [](Document& d) {
       d.steps[1].late = {{"?found", ""}};
     },
     "has a value already"},
    {"LateBeforeItsStep",
     [](Document& d) {
       d.steps[1].late = {{"?n", ""}}, d.values[3].dims[0] = "?n";
     },
     "uses value 't' before '?n' is defined"},
    {"LateElementBeforeItsStep",
     [](Document& d) {
       d.steps[1].late = {{"?n", ""}}, d.values[5].elements[0] = "?n", d.steps[0].inputs[0] = 5;
     },
     "uses value 's' before '?n' is defined"},
    {"LateBound", [](Document& d) { d.steps[0].late[0].max = "batch*"; }, "the bound of '?found'"},
    {"LateBoundOfItself", [](Document& d) { d.steps[0].late[0].max = "?found"; }, "which is not defined before"},
    {"LateName", [](Document& d) { d.steps[0].late[0].symbol = "?" + std::string(600, 'x'); }, "cannot define"},
    {"ElementCount", [](Document& d) { d.values[5].elements.pop_back(); }, "2 elements but 1 are given"},
    {"ElementsElsewhere", [](Document& d) { d.values[3].elements = {"1"}; }, "has elements but"},
    {"ElementType", [](Document& d) { d.values[5].dtype = DType::f32; }, "must be an integer type"},
    {"TextWeight", [](Document& d) { d.values[2].dtype = DType::text; }, "addresses are not stored"},
    {"NumbersAsText", [](Document& d) { d.values[4].dtype = DType::text; }, "'t_flat' is text and an alias of f32"},
    {"TextAsNumbers", [](Document& d) { d.values[3].dtype = DType::text; }, "'t_flat' is f32 and an alias of text"},
    {"AliasForward", [](Document& d) { d.values[4].source = 6; }, "aliases follow what they alias"},
    {"AliasOfItself", [](Document& d) { d.values[4].source = 4; }, "aliases follow what they alias"},
    {"AliasOffset", [](Document& d) { d.values[4].offset = "-4"; }, "an offset or a pitch of -4"},
    {"AliasOffsetText", [](Document& d) { d.values[4].offset = "4+"; }, "offset and pitch of value 't_flat'"},
    {"AliasOffsetSymbol", [](Document& d) { d.values[4].offset = "width"; }, "uses 'width', which no input binds"},
    {"OffsetElsewhere", [](Document& d) { d.values[3].offset = "1"; }, "has an offset or a pitch but is no alias"},
    {"SliceElsewhere", [](Document& d) { d.values[3].slice_axis = 0; }, "has an offset or a pitch but is no alias"},
    {"SliceAxis", [](Document& d) { d.values[4].slice_axis = 1, d.values[4].pitch = "9"; }, "along axis 1 of 1"},
    {"SliceWithoutPitch", [](Document& d) { d.values[4].slice_axis = 0; }, "is a slice without a pitch"},
    {"PitchWithoutAxis", [](Document& d) { d.values[4].pitch = "9"; }, "has a pitch but no axis"},
    {"SliceOfBits",
     [](Document& d) { d.values[4].dtype = DType::i4, d.values[4].slice_axis = 0, d.values[4].pitch = "9"; },
     "whose elements share bytes"},
    {"AliasOfPacked", [](Document& d) { d.values[4].source = 1, d.steps[1].inputs[0] = 3; },
     "alias of a packed weight"},
    {"Section", [](Document& d) { d.values[2].source = 9; }, "'b' is in section 9 of 3"},
    {"SectionSize", [](Document& d) { d.values[2].dims = {"4"}; }, "needs 16 bytes but its section has 12"},
    {"DynamicWeight", [](Document& d) { d.values[2].dims = {"batch"}; }, "weight 'b' has a dynamic dim"},
    {"InputIndex", [](Document& d) { d.inputs = {99}; }, "input number 99"},
    {"InputStorage",
     [](Document& d) {
       d.inputs = {0, 3};
     },
     "listed as input but is stored otherwise"},
    {"InputNotListed", [](Document& d) { d.inputs = {}; }, "'x' is not in the list of inputs"},
    {"OutputNotListed", [](Document& d) { d.outputs = {}; }, "'y' is not in the list of outputs"},
    {"SameName", [](Document& d) { d.values[6].name = "x"; }, "two inputs or outputs are named 'x'"},
    {"NoName", [](Document& d) { d.values[6].name = ""; }, "an output has no name"},
    {"ShapeInputType", [](Document& d) { d.values[0].shape_io = true; }, "shape tensor 'x' is f32"},
    {"StepName", [](Document& d) { d.steps[1].name = "matmul"; }, "two steps are named 'matmul'"},
    {"ReadIndex", [](Document& d) { d.steps[1].inputs[0] = -1; }, "reads value -1"},
    {"WriteIndex", [](Document& d) { d.steps[1].outputs[0] = 8; }, "writes value 8 of 8"},
    {"WriteInput", [](Document& d) { d.steps[0].outputs[0] = 0; }, "which is an input or a weight"},
    {"WriteWeight", [](Document& d) { d.steps[0].outputs[0] = 2; }, "which is an input or a weight"},
    {"WriteShape", [](Document& d) { d.steps[0].outputs[0] = 5; }, "which is an input or a weight"},
    {"WriteTwice", [](Document& d) { d.steps[1].outputs.push_back(3); }, "'t', which was written before"},
    {"ReadBeforeWrite", [](Document& d) { std::swap(d.steps[0].outputs, d.steps[1].outputs); },
     "no step before it writes"},
    {"OutputNotWritten", [](Document& d) { d.steps.pop_back(); }, "no step writes output 'y'"},
    {"PackedCount", [](Document& d) { d.steps[0].packed = {1}; }, "1 marks for 2 inputs"},
    {"PackedInput",
     [](Document& d) {
       d.steps[0].packed = {1, 0};
     },
     "as packed, which is not a weight"},
    {"PackedMark",
     [](Document& d) {
       d.steps[0].packed = {0, 2};
     },
     "as packed"},
    {"PackedAndPlain", [](Document& d) { d.steps[1].inputs[0] = 1; }, "used both packed and plain"},
    {"Cost", [](Document& d) { d.steps[0].flops = std::numeric_limits<double>::infinity(); }, "not a number"},
    {"ProfileTensor", [](Document& d) { d.profiles[0].entries[0].tensor = "y"; }, "'y', which is no input"},
    {"ProfileTwice", [](Document& d) { d.profiles[0].entries.push_back(d.profiles[0].entries[0]); }, "two entries"},
    {"ProfileMissing", [](Document& d) { d.profiles[1].entries.clear(); },
     "profile 1 has no entry for dynamic input 'x'"},
    {"NoProfiles", [](Document& d) { d.profiles.clear(); }, "dynamic inputs but no profile"},
    {"ProfileRank", [](Document& d) { d.profiles[0].entries[0].min = {1}; }, "2 expected"},
    {"ProfileOrder", [](Document& d) { d.profiles[0].entries[0].min[0] = 3; },
     "min 3, opt 2, max 8, which do not ascend"},
    {"ProfileNegative", [](Document& d) { d.profiles[0].entries[0].min[0] = -1; }, "axis 0 ranges from -1"},
    {"ProfileStatic", [](Document& d) { d.profiles[0].entries[0].max[1] = 5; }, "axis 1 is always 4"},
    {"ProfileValues", [](Document& d) { d.profiles[0].entries[0].is_values = true; }, "not a shape tensor"},
};

INSTANTIATE_TEST_SUITE_P(Documents, Validate, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

}  // namespace
}  // namespace dvt::plan
