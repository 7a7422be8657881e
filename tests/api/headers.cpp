// Programs compiled as users compile them (tests/api/headers) run against the same library.

#include <gtest/gtest.h>

#include <string>

std::string dovetail_program();
std::string nvinfer1_program();
std::string dovetail_callbacks();
std::string nvinfer1_callbacks();

TEST(Headers, AProgramInCpp14WithoutRttiRuns) { EXPECT_EQ(dovetail_program(), ""); }
TEST(Headers, TheSameProgramRunsInAnotherNamespace) { EXPECT_EQ(nvinfer1_program(), ""); }
TEST(Headers, EveryInterfaceThatUsersImplementCanBeHandedOver) { EXPECT_EQ(dovetail_callbacks(), ""); }
TEST(Headers, SoTheyCanInAnotherNamespace) { EXPECT_EQ(nvinfer1_callbacks(), ""); }
