#pragma once
#include <string>

#include "trtexec/inference.h"

namespace dovetail::trtexec {

/// "=== Trace details ===": an average for every --avgRuns runs.
void print_trace(const Options& options, const Measurement& m, Log& log);
/// "=== Performance summary ===", what limits it, and in the verbose log what the figures mean.
void print_summary(const Options& options, const Measurement& m, Log& log);
/// --exportTimes.
void write_times(const std::string& path, const Measurement& m);

/// --dumpOutput, --exportOutput, --dumpRawBindingsToFile.
void print_outputs(const Bindings& bindings, Log& log);
void write_outputs(const std::string& path, const Bindings& bindings);
void write_raw(const Bindings& bindings, Log& log);

/// --dumpLayerInfo, --exportLayerInfo, --dumpOptimizationProfile.
void print_layers(ICudaEngine& engine, IExecutionContext* context, Log& log);
void write_layers(const std::string& path, ICudaEngine& engine, IExecutionContext* context);
void print_profiles(const ICudaEngine& engine, Log& log);

/// The sections "=== Model Options ===" to "=== Reporting Options ===" and "=== Device Information ===".
void print_options(const Options& options, Log& log);
void print_device(Log& log);

}  // namespace dovetail::trtexec
