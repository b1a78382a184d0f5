#include "compression/powersgd.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "brume/error.hpp"
#include "compression/grid.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

constexpr std::int64_t kMostRank = 64;
constexpr double kLeast = 1e-30;  // a shorter column has no direction

struct Matrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
};

Matrix shape_of(const TensorSpec& tensor) {
  const auto rows = tensor.shape.empty() ? std::size_t{1} : static_cast<std::size_t>(tensor.shape.front());
  return {rows, tensor.size() / rows};
}

// How many columns the factors of a tensor have, or 0 for one that stays as it is.
std::size_t rank_of(const Matrix& m, std::int64_t rank) {
  const auto wanted = static_cast<std::size_t>(rank);
  return wanted * (m.rows + m.columns) < m.rows * m.columns ? wanted : 0;
}

// Factors are kept in double and column by column; sums run in one order, so that every machine has the same bits.
using Factor = std::vector<double>;

double dot(const double* a, const double* b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

Factor times(std::span<const float> m, const Matrix& shape, const Factor& q, std::size_t rank) {
  Factor p(shape.rows * rank);
  for (std::size_t row = 0; row < shape.rows; ++row)
    for (std::size_t k = 0; k < rank; ++k) {
      double sum = 0;
      const float* values = m.data() + row * shape.columns;
      const double* column = q.data() + k * shape.columns;
      for (std::size_t i = 0; i < shape.columns; ++i) sum += static_cast<double>(values[i]) * column[i];
      p[k * shape.rows + row] = sum;
    }
  return p;
}

Factor transposed_times(std::span<const float> m, const Matrix& shape, const Factor& p, std::size_t rank) {
  Factor q(shape.columns * rank);
  for (std::size_t row = 0; row < shape.rows; ++row)
    for (std::size_t k = 0; k < rank; ++k) {
      const double factor = p[k * shape.rows + row];
      const float* values = m.data() + row * shape.columns;
      double* column = q.data() + k * shape.columns;
      for (std::size_t i = 0; i < shape.columns; ++i) column[i] += factor * static_cast<double>(values[i]);
    }
  return q;
}

// Gram and Schmidt's, each column twice against those before it; one that depends on them becomes zero.
void orthonormalise(Factor& factor, std::size_t rows, std::size_t rank) {
  for (std::size_t k = 0; k < rank; ++k) {
    double* column = factor.data() + k * rows;
    const double before = std::sqrt(dot(column, column, rows));
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t j = 0; j < k; ++j) {
        const double* other = factor.data() + j * rows;
        const double along = dot(other, column, rows);
        for (std::size_t i = 0; i < rows; ++i) column[i] -= along * other[i];
      }
    const double length = std::sqrt(dot(column, column, rows));
    const double factor_of = length > std::max(kLeast, 1e-9 * before) ? 1 / length : 0;
    for (std::size_t i = 0; i < rows; ++i) column[i] *= factor_of;
  }
}

// What is kept of Q, a stock of integers on the grid of the residuals; columns of which nothing is, because a matrix
// had no such rank, are drawn. Their lengths do not matter.
Factor start_of(std::span<const std::int64_t> kept, std::size_t columns, Stream& stream) {
  Factor q(kept.size());
  for (std::size_t first = 0; first < kept.size(); first += columns) {
    const auto column = kept.subspan(first, columns);
    const bool fresh = std::all_of(column.begin(), column.end(), [](std::int64_t value) { return value == 0; });
    for (std::size_t i = 0; i < columns; ++i)
      q[first + i] = fresh ? stream.normal() : static_cast<double>(column[i]) / kGrid;
  }
  return q;
}

void keep(const Factor& q, std::size_t columns, std::size_t rank, std::span<std::int64_t> kept) {
  for (std::size_t k = 0; k < rank; ++k) {
    const double* column = q.data() + k * columns;
    const double length = std::sqrt(dot(column, column, columns));
    const double factor = length > kLeast ? kGrid / length : 0;
    for (std::size_t i = 0; i < columns; ++i) kept[k * columns + i] = std::llrint(column[i] * factor);
  }
}

void append(const Factor& factor, std::vector<float>& out) {
  for (const double value : factor) out.push_back(static_cast<float>(value));
}

// PQᵀ, of P and Q behind each other.
void multiply(std::span<const float> factors, const Matrix& shape, std::size_t rank, std::span<float> out) {
  const auto p = factors.first(rank * shape.rows);
  const auto q = factors.subspan(p.size(), rank * shape.columns);
  std::vector<double> row(shape.columns);
  for (std::size_t i = 0; i < shape.rows; ++i) {
    std::fill(row.begin(), row.end(), 0.0);
    for (std::size_t k = 0; k < rank; ++k) {
      const auto factor = static_cast<double>(p[k * shape.rows + i]);
      for (std::size_t j = 0; j < shape.columns; ++j) row[j] += factor * static_cast<double>(q[k * shape.columns + j]);
    }
    for (std::size_t j = 0; j < shape.columns; ++j) out[i * shape.columns + j] = static_cast<float>(row[j]);
  }
}

std::size_t kept_elements(const Layout& layout, std::int64_t rank) {
  std::size_t elements = 0;
  for (const auto& tensor : layout.tensors()) {
    const auto shape = shape_of(tensor);
    elements += rank_of(shape, rank) * shape.columns;
  }
  return elements;
}

}  // namespace

void PowerSgd::declare(Options& options) {
  options.integer({"rank", "columns of the factors of a tensor"}, rank_,
                  Range::between(1, static_cast<double>(kMostRank)));
}

void PowerSgd::set_parameters(std::span<const std::byte> parameters) {
  if (parameters.size() != 1 || parameters[0] < std::byte{1} || parameters[0] > std::byte{kMostRank})
    throw FormatError("stage 'powersgd' has invalid parameters");
  rank_ = std::to_integer<std::int64_t>(parameters[0]);
}

// Behind each other, so that blocks see what is alike: P and Q of each matrix, then what stays as it is.
Layout PowerSgd::leaves(const Layout& layout) const {
  std::vector<TensorSpec> factors;
  std::vector<TensorSpec> others;
  for (const auto& tensor : layout.tensors()) {
    const auto shape = shape_of(tensor);
    const auto rank = static_cast<std::int64_t>(rank_of(shape, rank_));
    if (rank == 0) {
      others.push_back({tensor.name, tensor.shape, TensorRole::trainable});
      continue;
    }
    factors.push_back({tensor.name + ".P", {rank, static_cast<std::int64_t>(shape.rows)}, TensorRole::trainable});
    factors.push_back({tensor.name + ".Q", {rank, static_cast<std::int64_t>(shape.columns)}, TensorRole::trainable});
  }
  factors.insert(factors.end(), others.begin(), others.end());
  return Layout(std::move(factors));
}

std::size_t PowerSgd::state_bytes(const Layout& layout) const {
  return kept_elements(layout, rank_) * sizeof(std::int64_t);
}

Reduced PowerSgd::encode(std::span<const float> values, const Layout& layout, std::string_view vector, Stream& stream,
                         State& state) const {
  require_finite(values);
  auto& kept = state.integers["powersgd/" + std::string(vector)];
  kept.resize(kept_elements(layout, rank_));
  Reduced reduced;
  std::vector<float> others;
  std::size_t at = 0;
  for (std::size_t t = 0; t < layout.tensors().size(); ++t) {
    const auto shape = shape_of(layout.tensors()[t]);
    const auto m = values.subspan(layout.offset(t), shape.rows * shape.columns);
    const std::size_t rank = rank_of(shape, rank_);
    if (rank == 0) {
      others.insert(others.end(), m.begin(), m.end());
      continue;
    }
    const auto memory = std::span(kept).subspan(at, rank * shape.columns);
    at += memory.size();
    auto p = times(m, shape, start_of(memory, shape.columns, stream), rank);
    orthonormalise(p, shape.rows, rank);
    const auto q = transposed_times(m, shape, p, rank);
    keep(q, shape.columns, rank, memory);
    append(p, reduced.values);
    append(q, reduced.values);
  }
  reduced.values.insert(reduced.values.end(), others.begin(), others.end());
  return reduced;
}

void PowerSgd::decode(const Reduced& reduced, const Layout& layout, std::span<float> out) const {
  std::size_t at_factor = 0;
  std::size_t at_other = 0;  // behind all factors
  for (const auto& tensor : layout.tensors()) {
    const auto shape = shape_of(tensor);
    at_other += rank_of(shape, rank_) * (shape.rows + shape.columns);
  }
  const auto all = std::span(reduced.values);
  for (std::size_t t = 0; t < layout.tensors().size(); ++t) {
    const auto shape = shape_of(layout.tensors()[t]);
    const auto to = out.subspan(layout.offset(t), shape.rows * shape.columns);
    const std::size_t rank = rank_of(shape, rank_);
    if (rank == 0) {
      std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(at_other), to.size(), to.begin());
      at_other += to.size();
    } else {
      multiply(all.subspan(at_factor), shape, rank, to);
      if (!std::all_of(to.begin(), to.end(), [](float value) { return std::isfinite(value); }))
        throw FormatError("factors of a matrix are out of range");
      at_factor += rank * (shape.rows + shape.columns);
    }
  }
}

}  // namespace brume::compression
