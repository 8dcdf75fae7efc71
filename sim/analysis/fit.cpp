// SPDX-License-Identifier: Apache-2.0
#include "analysis/fit.hpp"

#include <Eigen/SVD>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace tokenyard {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

class Fitting {
public:
    Fitting(const std::function<std::vector<double>(const std::vector<double>&)>& log_ratios, const std::vector<double>& start,
            const std::vector<double>& most)
        : log_ratios_(log_ratios),
          at_(logarithms_of(start)),
          most_(most.empty() ? VectorXd::Constant(at_.size(), HUGE_VAL) : logarithms_of(most)),
          off_(evaluate(at_)) {}

    /// Steps until they gain nothing. Costs switch protocols and algorithms at thresholds, so the sum of squares has kinks: a
    /// step that makes it larger is made shorter.
    void run() {
        constexpr int most_steps = 60;
        constexpr double enough = 1e-6, least_damping = 1e-9, most_damping = 1e8;
        double damping = 1e-2;
        for (int step = 0; step < most_steps && damping < most_damping; ++step) {
            jacobian_ = differentiate();
            hold_at_limits();
            const MatrixXd square = jacobian_.transpose() * jacobian_;
            bool is_better = false;
            while (!is_better && damping < most_damping) {
                MatrixXd damped = square;
                damped.diagonal() += damping * square.diagonal().array().max(1e-12).matrix();
                const VectorXd change = damped.ldlt().solve(-(jacobian_.transpose() * off_));
                const VectorXd next = (at_ + change.cwiseMax(-longest).cwiseMin(longest)).cwiseMin(most_);
                const VectorXd off = evaluate(next);
                is_better = off.squaredNorm() < off_.squaredNorm();
                damping = is_better ? std::max(damping / 5, least_damping) : damping * 4;
                if (!is_better) continue;
                const double gain = 1 - off.squaredNorm() / off_.squaredNorm();
                at_ = next;
                off_ = off;
                if (gain < enough) return;
            }
        }
    }

    LeastSquares result(double most_vague) {
        jacobian_ = differentiate();
        LeastSquares result;
        const double rows = static_cast<double>(off_.size()), count = static_cast<double>(at_.size());
        const double scatter = std::sqrt(off_.squaredNorm() / (rows - count));
        const Eigen::JacobiSVD<MatrixXd> svd(jacobian_, Eigen::ComputeThinU | Eigen::ComputeThinV);
        VectorXd variance = VectorXd::Zero(at_.size());
        for (Eigen::Index k = 0; k < at_.size(); ++k) {
            const double strength = svd.singularValues()[k], spread = strength > 0 ? scatter / strength : HUGE_VAL;
            const VectorXd direction = svd.matrixV().col(k);
            if (spread * direction.cwiseAbs().maxCoeff() > std::log(most_vague)) {
                std::vector<std::size_t> group;
                constexpr double weight = 0.2;  // of a unit vector: what takes part in it
                for (Eigen::Index i = 0; i < at_.size(); ++i)
                    if (std::abs(direction[i]) > weight) group.push_back(static_cast<std::size_t>(i));
                result.inseparable.push_back(std::move(group));
                continue;
            }
            variance += (spread * direction).cwiseAbs2();
        }
        constexpr double two_sided_95 = 1.96;  // of a normal distribution
        for (Eigen::Index i = 0; i < at_.size(); ++i) {
            const double reach = two_sided_95 * std::sqrt(variance[i]);
            result.values.push_back({std::exp(at_[i]), std::exp(at_[i] - reach), std::exp(std::min(at_[i] + reach, most_[i]))});
        }
        result.residuals.assign(off_.begin(), off_.end());
        result.after = std::sqrt(off_.squaredNorm() / rows);
        result.evaluations = evaluations_;
        return result;
    }

    double root_mean_square() const { return std::sqrt(off_.squaredNorm() / static_cast<double>(off_.size())); }

private:
    static constexpr double longest = 0.7;  // of a step: a factor of 2

    static VectorXd logarithms_of(const std::vector<double>& values) {
        return Eigen::Map<const VectorXd>(values.data(), std::ssize(values)).array().log();
    }

    /// A parameter that stands at its limit and would gain by passing it takes no part in the next step, so that the others go
    /// where is best without it.
    void hold_at_limits() {
        const VectorXd uphill = jacobian_.transpose() * off_;
        for (Eigen::Index i = 0; i < at_.size(); ++i)
            if (at_[i] >= most_[i] && uphill[i] < 0) jacobian_.col(i).setZero();
    }

    VectorXd evaluate(const VectorXd& logarithms) {
        ++evaluations_;
        std::vector<double> values;
        for (const double logarithm : logarithms) values.push_back(std::exp(logarithm));
        const std::vector<double> off = log_ratios_(values);
        return Eigen::Map<const VectorXd>(off.data(), std::ssize(off));
    }

    /// Central differences over 5 % each way, less beside a limit: wide enough to look over a threshold's kink.
    MatrixXd differentiate() {
        constexpr double width = 0.05;
        MatrixXd jacobian(off_.size(), at_.size());
        for (Eigen::Index i = 0; i < at_.size(); ++i) {
            VectorXd up = at_, down = at_;
            up[i] = std::min(up[i] + width, most_[i]);
            down[i] -= width;
            jacobian.col(i) = (evaluate(up) - evaluate(down)) / (up[i] - down[i]);
        }
        return jacobian;
    }

    const std::function<std::vector<double>(const std::vector<double>&)>& log_ratios_;
    int evaluations_ = 0;
    VectorXd at_, most_, off_;
    MatrixXd jacobian_;
};

}  // namespace

LeastSquares fit_logarithms(const std::function<std::vector<double>(const std::vector<double>&)>& log_ratios,
                            const std::vector<double>& start, const std::vector<double>& most, double most_vague) {
    assert(most.empty() || most.size() == start.size());
    Fitting fitting(log_ratios, start, most);
    const double before = fitting.root_mean_square();
    fitting.run();
    LeastSquares result = fitting.result(most_vague);
    result.before = before;
    return result;
}

}  // namespace tokenyard
