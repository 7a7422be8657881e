#pragma once
#include <CLI/CLI.hpp>

namespace dovetail::cli {

// Each adds its subcommand; the callback throws Failure.
void add_build_command(CLI::App& app);
void add_run_command(CLI::App& app);
void add_bench_command(CLI::App& app);
void add_inspect_command(CLI::App& app);
void add_check_command(CLI::App& app);

/// `bench op`: one problem on one or all tactics; lives under the bench command.
void add_bench_op_command(CLI::App& bench);

}  // namespace dovetail::cli
