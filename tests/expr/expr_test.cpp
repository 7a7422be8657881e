#include "expr/expr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/error.h"

namespace dvt::expr {
namespace {

template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(ExprOps, NamesRoundTrip) {
  for (int i = 0; i < static_cast<int>(ExprOp::input); ++i) {
    const auto op = static_cast<ExprOp>(i);
    EXPECT_EQ(parse_expr_op(to_string(op)), op);
    EXPECT_GE(arity(op), 1);
  }
  EXPECT_EQ(parse_expr_op("input"), std::nullopt);
  EXPECT_EQ(parse_expr_op("constant"), std::nullopt);
  EXPECT_EQ(parse_expr_op("nosuch"), std::nullopt);
}

TEST(Expr, EqualInstructionsAreShared) {
  Expr e;
  const int x = e.add_input(DType::f32);
  EXPECT_EQ(e.input(0), x);
  EXPECT_EQ(e.constant(DType::f32, 1), e.constant(DType::f32, 1));
  EXPECT_NE(e.constant(DType::f32, 0.0), e.constant(DType::f32, -0.0));
  EXPECT_EQ(e.constant(DType::f32, NAN), e.constant(DType::f32, -NAN));
  EXPECT_NE(e.constant(DType::f32, 1), e.constant(DType::f16, 1));
  EXPECT_EQ(e.constant(DType::f32, 0.1), e.constant(DType::f32, 0.1f)) << "rounded to the type first";
  EXPECT_EQ(e.apply(ExprOp::exp, x), e.apply(ExprOp::exp, x));
  EXPECT_EQ(e.cast(x, DType::f32), x);
}

TEST(Expr, SetResultDropsWhatNobodyReads) {
  Expr e;
  const int x = e.add_input(DType::f32), y = e.add_input(DType::f32);
  e.apply(ExprOp::exp, x);
  const int sum = e.apply(ExprOp::add, y, y);
  e.apply(ExprOp::log, x);
  e.set_result(sum);
  EXPECT_EQ(to_string(e), "(f32,f32) add($1,$1)");
  EXPECT_EQ(e.code().size(), 2u);
  EXPECT_EQ(e.num_inputs(), 2) << "operands stay";
  EXPECT_EQ(e.result_type(), DType::f32);
}

TEST(Expr, EqualityIgnoresOrderAndDeadCode) {
  Expr a, b;
  int x = a.add_input(DType::f32), y = a.add_input(DType::f32);
  a.apply(ExprOp::add, a.apply(ExprOp::exp, x), a.apply(ExprOp::log, y));
  x = b.add_input(DType::f32), y = b.add_input(DType::f32);
  const int log = b.apply(ExprOp::log, y);
  b.apply(ExprOp::sin, x);
  b.apply(ExprOp::add, b.apply(ExprOp::exp, x), log);
  EXPECT_EQ(a, b);
  b.apply(ExprOp::neg, log);
  EXPECT_FALSE(a == b);
  EXPECT_EQ(Expr(), Expr());
  EXPECT_FALSE(a == Expr());
}

TEST(Expr, InlineReplacesOperands) {
  const Expr gate = parse_expr("(f32,f32) mul($1,sigmoid($0))");
  Expr e;
  const int x = e.add_input(DType::f32);
  const int twice = e.apply(ExprOp::add, x, x);
  const int inputs[] = {twice, x};
  e.set_result(e.inline_expr(gate, inputs));
  EXPECT_EQ(to_string(e), "(f32) mul($0,sigmoid(add($0,$0)))");
  Expr f = gate;
  const int both[] = {static_cast<int>(f.code().size()) - 1, f.input(0)};
  f.set_result(f.inline_expr(f, both));
  EXPECT_EQ(to_string(f), "(f32,f32) mul($0,sigmoid(mul($1,sigmoid($0))))") << "a program appended to itself";
  const int one[] = {x};
  EXPECT_EQ(e.inline_expr(Expr(), one), x);
  EXPECT_EQ(message([&] { e.inline_expr(gate, one); }), "program takes 2 operands, got 1");
  Expr half;
  const int h[] = {half.add_input(DType::f16), 0};
  EXPECT_EQ(message([&] { half.inline_expr(gate, h); }), "operand 0 of the program is f32, got f16");
}

TEST(Expr, TypesAreChecked) {
  Expr e;
  const int f = e.add_input(DType::f32), h = e.add_input(DType::f16), i = e.add_input(DType::i32),
            b = e.add_input(DType::b8);
  EXPECT_EQ(message([&] { e.apply(ExprOp::add, f, h); }), "add: operands must have one type, got f32 and f16");
  EXPECT_EQ(message([&] { e.apply(ExprOp::exp, i); }), "exp: operand must be floating point, got i32; cast it first");
  EXPECT_EQ(message([&] { e.apply(ExprOp::add, b, b); }), "add: operand must be a number, got b8; cast it first");
  EXPECT_EQ(message([&] { e.apply(ExprOp::bit_and, f, f); }),
            "bit_and: operand must be an integer or b8, got f32; cast it first");
  EXPECT_EQ(message([&] { e.apply(ExprOp::shift_left, b, b); }),
            "shift_left: operand must be an integer, got b8; cast it first");
  EXPECT_EQ(message([&] { e.apply(ExprOp::select, f, f, f); }), "select: the condition must be b8, got f32");
  EXPECT_EQ(message([&] { e.apply(ExprOp::select, b, f, h); }), "select: operands must have one type, got f32 and f16");
  EXPECT_EQ(message([&] { e.apply(ExprOp::add, f); }), "add: takes 2 operands");
  EXPECT_EQ(message([&] { e.apply(ExprOp::exp, f, f); }), "exp: takes 1 operands");
  EXPECT_EQ(message([&] { e.apply(ExprOp::exp, 99); }), "exp: operand 99 does not exist");
  EXPECT_EQ(message([&] { e.input(4); }), "pointwise program reads operand 4 of 4");
  const DType types[] = {DType::b8, DType::i64, DType::i64};
  EXPECT_EQ(single(ExprOp::select, types).result_type(), DType::i64);
  EXPECT_EQ(single(ExprOp::lt, std::span(types).subspan(1)).result_type(), DType::b8);
  EXPECT_EQ(to_string(single(ExprOp::cast, std::span(types).first(2))), "(b8) i64($0)");
  EXPECT_THROW(single(ExprOp::add, std::span(types).first(1)), Error);
}

TEST(Expr, SizesAreLimited) {
  Expr e;
  for (int i = 0; i < Expr::kMaxInputs; ++i) e.add_input(DType::f32);
  EXPECT_THROW(e.add_input(DType::f32), Error);
  int last = 0;
  EXPECT_THROW(
      {
        for (int i = 0; i <= Expr::kMaxInstructions; ++i) last = e.apply(ExprOp::exp, last);
      },
      Error);
}

TEST(ExprText, RoundTrips) {
  for (const char* text : {
           "()",
           "(f32) $0",
           "(f32,f32) max(add($0,$1),0)",
           "(f32) %0=exp($0); mul(%0,sigmoid(%0))",
           "(f32) %0=exp($0); %1=add(%0,1); mul(%1,div(%0,%1))",
           "() 0.5:f32",
           "() nan:f16",
           "() -inf:f64",
           "(f64) add($0,0.1)",
           "(f32) add($0,-0)",
           "(f32) add($0,1e-45)",
           "(i64) add($0,-9223372036854775808)",
           "(u64) add($0,18446744073709551615)",
           "(u4) bit_or($0,15)",
           "(b8) bit_xor($0,1)",
           "(f16) f32($0)",
           "(i32) f32(add($0,1))",
           "(f32) select(lt($0,0.1),1:f32,-2:f32)",
           "(f32,f32) select(1:b8,$0,3)",
           "() add(1:f32,2:f32)",
           "(b8,f32,f32) select($0,$1,$2)",
           "(f8e4m3,f8e5m2) add(f32($0),f32($1))",
       }) {
    const Expr e = parse_expr(text);
    EXPECT_EQ(to_string(e), text);
    EXPECT_EQ(parse_expr(to_string(e)), e);
  }
  EXPECT_EQ(to_string(parse_expr("  ( f32 ) %0 = exp( $0 ) ;  add( %0 , 1 )  ")), "(f32) add(exp($0),1)");
  EXPECT_EQ(to_string(parse_expr("(f16) add($0,0.1)")), "(f16) add($0,0.099975586)") << "rounded to its type";
}

TEST(ExprText, DeepProgramsAreBound) {
  Expr e;
  int last = e.add_input(DType::f32);
  for (int i = 0; i < 1000; ++i) last = e.apply(i % 2 ? ExprOp::sin : ExprOp::cos, last);
  e.set_result(last);
  EXPECT_EQ(parse_expr(to_string(e)), e);
}

TEST(ExprText, HostileTexts) {
  std::string deep = "(f32) ", wide = "(f32) ";
  for (int i = 0; i < 100000; ++i) deep += "exp(";
  for (int i = 0; i < 6000; ++i) wide += "%" + std::to_string(i) + "=add($0," + std::to_string(i) + "); ";
  std::string operands = "(f32";
  for (int i = 0; i < 100; ++i) operands += ",f32";
  for (const std::string& text : {std::string(),
                                  std::string("("),
                                  std::string("(f32"),
                                  std::string("(f32)"),
                                  std::string("(f99) $0"),
                                  std::string("(f32) $1"),
                                  std::string("(f32) $"),
                                  std::string("(f32) $-1"),
                                  std::string("(f32) $99999999999"),
                                  std::string("(f32) %0"),
                                  std::string("(f32) %1=exp($0); $0"),
                                  std::string("(f32) %0=exp($0) $0"),
                                  std::string("(f32) exp"),
                                  std::string("(f32) exp($0"),
                                  std::string("(f32) exp($0,$0)"),
                                  std::string("(f32) add($0)"),
                                  std::string("(f32) add($0,$0,$0)"),
                                  std::string("(f32) select($0,$0,$0,$0)"),
                                  std::string("(f32) nosuch($0)"),
                                  std::string("(f32) input($0)"),
                                  std::string("(f32) cast($0)"),
                                  std::string("(f32) f32($0)"),
                                  std::string("() 1"),
                                  std::string("() add(1,2)"),
                                  std::string("() exp(1)"),
                                  std::string("(f32) add($0,x)"),
                                  std::string("(f32) add($0,1x)"),
                                  std::string("(i8) add($0,128)"),
                                  std::string("(i8) add($0,0.5)"),
                                  std::string("(u8) add($0,-1)"),
                                  std::string("(u4) add($0,16)"),
                                  std::string("(f32) add($0,1:f16)"),
                                  std::string("(i32) exp($0)"),
                                  std::string("(f32) add($0,$0) x"),
                                  std::string("(f32) add($0,)"),
                                  std::string("(f32) add(,$0)"),
                                  std::string("(f32) ()"),
                                  std::string("(f32,) $0"),
                                  std::string("(f32) %0=1; add($0,%0)"),
                                  std::string(300000, ' '),
                                  deep,
                                  wide + "$0",
                                  operands + ") $0"}) {
    try {
      parse_expr(text);
      FAIL() << text.substr(0, 100);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument) << e.what();
      EXPECT_LT(std::string(e.what()).size(), 400u);
    }
  }
}

// Seeded random programs: text reads back to an equal program with equal values.
TEST(ExprText, RandomProgramsRoundTrip) {
  const ExprOp ops[] = {ExprOp::add, ExprOp::mul, ExprOp::max, ExprOp::exp,    ExprOp::tanh,
                        ExprOp::neg, ExprOp::lt,  ExprOp::eq,  ExprOp::select, ExprOp::cast};
  const DType types[] = {DType::f32, DType::f16, DType::i32, DType::u8, DType::b8};
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
    Expr e;
    for (int i = 0; i < 3; ++i) e.add_input(types[pick(5)]);
    for (int step = 0; step < 60; ++step) {
      const auto any = [&] { return static_cast<int>(pick(e.code().size())); };
      const ExprOp op = ops[pick(10)];
      try {
        if (pick(6) == 0)
          e.constant(types[pick(5)], static_cast<double>(pick(100)) / 7);
        else if (op == ExprOp::cast)
          e.cast(any(), types[pick(5)]);
        else
          e.apply(op, any(), arity(op) > 1 ? any() : -1, arity(op) > 2 ? any() : -1);
      } catch (const Error&) {
        // types that do not fit: another step is tried
      }
    }
    e.set_result(static_cast<int>(e.code().size()) - 1);
    const std::string text = to_string(e);
    SCOPED_TRACE(text);
    const Expr back = parse_expr(text);
    EXPECT_EQ(back, e);
    EXPECT_EQ(to_string(back), text);
    std::vector<Scalar> inputs;
    for (int i = 0; i < 3; ++i)
      inputs.push_back(is_floating(e.input_type(i)) ? Scalar{.f = 0.5 * i} : Scalar{.i = i % 2});
    const Scalar x = evaluate(e, inputs), y = evaluate(back, inputs);
    EXPECT_EQ(x.i, y.i);
  }
}

}  // namespace
}  // namespace dvt::expr
