// Programs compiled as users compile them (tests/api/headers) run against the same library.

#include <gtest/gtest.h>

#include <string>

std::string dovetail_program();
std::string nvinfer1_program();

TEST(Headers, AProgramInCpp14WithoutRttiRuns) { EXPECT_EQ(dovetail_program(), ""); }
TEST(Headers, TheSameProgramRunsInAnotherNamespace) { EXPECT_EQ(nvinfer1_program(), ""); }
