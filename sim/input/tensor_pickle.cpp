// SPDX-License-Identifier: Apache-2.0
#include "input/tensor_pickle.hpp"

#include "input/pickle_opcodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace tokenyard {
namespace {

using Kind = Pickled::Kind;

constexpr std::string_view rebuild_tensor = "torch._utils._rebuild_tensor_v2", ordered_dict = "collections.OrderedDict";
constexpr std::array known_names{rebuild_tensor,
                                 ordered_dict,
                                 std::string_view("torch.LongStorage"),
                                 std::string_view("torch.IntStorage"),
                                 std::string_view("torch.FloatStorage"),
                                 std::string_view("torch.DoubleStorage")};

constexpr long most_of_tensor = 1L << 48;  // elements and strides, so that their products can be judged
constexpr std::size_t most_items = 8;      // of a tuple that is looked into: dimensions, or arguments

class Unpickler {
public:
    Unpickler(std::string_view pickle, const Position& at) : bytes_(pickle), file_(at) {}

    PickledValues read() {
        if (bytes_.size() < 2 || bytes_[0] != '\x80' || bytes_[1] != '\x02')
            throw InputError(file_, "found no pickle of protocol 2; expected one, as torch.save writes it");
        next_ = 2;
        while (true) {
            opcode_ = next_;
            const char opcode = take(1)[0];
            if (opcode == '.') break;
            if (!push_constant(opcode) && !push_of_stack(opcode) && !change(opcode)) refuse_opcode(opcode);
        }
        values_.root = pop();
        if (!stack_.empty() || !marks_.empty() || next_ != bytes_.size()) refuse("something behind the value", "its end");
        return std::move(values_);
    }

private:
    [[noreturn]] void refuse(const std::string& found, std::string_view expected) const {
        throw InputError(file_, fmt::format("found {} at byte {} of the pickle; expected {}", found, opcode_, expected));
    }

    [[noreturn]] void refuse_opcode(char opcode) const {
        const auto known = std::ranges::find(refused_opcodes, opcode, &std::pair<char, std::string_view>::first);
        const int code = static_cast<unsigned char>(opcode);
        refuse(known == std::end(refused_opcodes) ? fmt::format("the byte 0x{:02x}, which is no opcode,", code)
                                                  : fmt::format("the opcode {} (0x{:02x})", known->second, code),
               "dictionaries, lists and tensors alone, as torch.save writes them");
    }

    std::string_view take(std::uint64_t count) {
        if (count > bytes_.size() - next_) refuse("a pickle that is cut off", "a whole one");
        const std::string_view taken = bytes_.substr(next_, count);
        next_ += count;
        return taken;
    }

    std::uint64_t take_number(std::size_t width) {
        std::uint64_t number = 0;
        const std::string_view digits = take(width);
        for (std::size_t byte = 0; byte < width; ++byte)
            number |= std::uint64_t{static_cast<unsigned char>(digits[byte])} << (8 * byte);
        return number;
    }

    std::string_view take_line() {
        const std::size_t end = bytes_.find('\n', next_);
        if (end == std::string_view::npos) refuse("a pickle that is cut off", "a whole one");
        const std::string_view line = take(end - next_);
        ++next_;
        return line;
    }

    int push(Pickled value) {
        values_.all.push_back(std::move(value));
        stack_.push_back(static_cast<int>(values_.all.size()) - 1);
        return stack_.back();
    }
    void push(Kind kind, long integer = 0) {
        Pickled value;
        value.kind = kind;
        value.integer = integer;
        push(std::move(value));
    }

    /// Values below the last mark are out of reach.
    int pop() {
        if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("an opcode without its value", "a value before it");
        const int value = stack_.back();
        stack_.pop_back();
        return value;
    }

    std::vector<int> pop_to_mark() {
        if (marks_.empty()) refuse("an opcode without its mark", "a mark before it");
        const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
        std::vector<int> values(first, stack_.end());
        stack_.erase(first, stack_.end());
        marks_.pop_back();
        return values;
    }

    Pickled& popped(Kind kind, std::string_view what) {
        Pickled& value = values_.all[static_cast<std::size_t>(pop())];
        if (value.kind != kind) refuse("another value", what);
        return value;
    }

    bool push_constant(char opcode) {
        switch (opcode) {
            case 'N': push(Kind::nothing); return true;
            case '\x88': push(Kind::boolean, 1); return true;
            case '\x89': push(Kind::boolean, 0); return true;
            case 'K': push(Kind::integer, static_cast<long>(take_number(1))); return true;
            case 'M': push(Kind::integer, static_cast<long>(take_number(2))); return true;
            case 'J': push(Kind::integer, static_cast<std::int32_t>(take_number(4))); return true;
            case '\x8a': push(Kind::integer, take_long()); return true;
            case 'G': take(8), push(Kind::real); return true;
            case 'X': {
                Pickled text;
                text.kind = Kind::text;
                text.text = take(take_number(4));
                push(std::move(text));
                return true;
            }
            case '}': push(Kind::map); return true;
            case ']': push(Kind::list); return true;
            case ')': push(Kind::tuple); return true;
            case 'c': push_name(); return true;
        }
        return false;
    }

    /// A number of up to 8 bytes, of two's complement.
    long take_long() {
        const std::size_t width = take_number(1);
        if (width > 8) refuse(fmt::format("a number of {} bytes", width), "at most 8");
        const std::uint64_t number = take_number(width);
        const std::size_t unused = width == 0 ? 0 : 64 - 8 * width;
        return static_cast<long>(number << unused) >> unused;
    }

    void push_name() {
        const std::string_view module = take_line();
        const std::string full = fmt::format("{}.{}", module, take_line());
        const auto known = std::ranges::find(known_names, full);
        if (known == known_names.end())
            refuse("the name " + in_quotes(full), "tensors of int32, int64, float and double in dictionaries and lists");
        Pickled name;
        name.kind = Kind::name;
        name.text = *known;
        push(std::move(name));
    }

    bool push_of_stack(char opcode) {
        switch (opcode) {
            case 't': push_tuple(pop_to_mark()); return true;
            case '\x85':
            case '\x86':
            case '\x87': {
                std::vector<int> items(static_cast<std::size_t>(static_cast<unsigned char>(opcode) - 0x84));
                for (auto item = items.rbegin(); item != items.rend(); ++item) *item = pop();
                push_tuple(std::move(items));
                return true;
            }
            case 'h': push_remembered(take_number(1)); return true;
            case 'j': push_remembered(take_number(4)); return true;
            case 'Q': push_storage(); return true;
            case 'R': push_reduced(); return true;
        }
        return false;
    }

    bool change(char opcode) {
        switch (opcode) {
            case '(': marks_.push_back(stack_.size()); return true;
            case 'q': remember(take_number(1)); return true;
            case 'r': remember(take_number(4)); return true;
            case '\x94': remember(memo_.size()); return true;
            case 's': {
                const int value = pop(), key = pop();
                add_items({key, value}, Kind::map);
                return true;
            }
            case 'u': add_items(pop_to_mark(), Kind::map); return true;
            case 'a': add_items({pop()}, Kind::list); return true;
            case 'e': add_items(pop_to_mark(), Kind::list); return true;
        }
        return false;
    }

    void push_tuple(std::vector<int> items) {
        Pickled tuple;
        tuple.kind = Kind::tuple;
        tuple.items = std::move(items);
        push(std::move(tuple));
    }

    void remember(std::uint64_t index) {
        const int value = pop();
        stack_.push_back(value);
        memo_[index] = value;
    }
    void push_remembered(std::uint64_t index) {
        const auto found = memo_.find(index);
        if (found == memo_.end()) refuse(fmt::format("a value {} that was not remembered", index), "one that was");
        stack_.push_back(found->second);
    }

    void add_items(const std::vector<int>& items, Kind kind) {
        if (kind == Kind::map && items.size() % 2 != 0) refuse("a key without a value", "one for each");
        Pickled& to = popped(kind, kind == Kind::map ? "a dictionary" : "a list");
        to.items.insert(to.items.end(), items.begin(), items.end());
        stack_.push_back(static_cast<int>(&to - values_.all.data()));
    }

    /// Those of a short tuple: a long one that is named again and again would be copied as often.
    std::vector<int> some_items(const Pickled& tuple) const {
        if (tuple.items.size() > most_items) refuse(fmt::format("{} arguments", tuple.items.size()), "a tensor, or its storage");
        return tuple.items;
    }

    /// ("storage", type, key, device, elements)
    void push_storage() {
        const std::vector<int> items = some_items(popped(Kind::tuple, "a storage"));
        const auto is = [&](std::size_t item, Kind kind) { return values_.at(items[item]).kind == kind; };
        if (items.size() != 5 || !is(0, Kind::text) || values_.at(items[0]).text != "storage" || !is(1, Kind::name) ||
            !values_.at(items[1]).text.ends_with("Storage") || !is(2, Kind::text) || !is(4, Kind::integer))
            refuse("another persistent value", "a storage of a tensor");
        Pickled storage;
        storage.kind = Kind::storage;
        storage.text = values_.at(items[1]).text;
        storage.key = values_.at(items[2]).text;
        storage.elements = values_.at(items[4]).integer;
        if (storage.elements < 0 || storage.elements > most_of_tensor) refuse("a storage of no size", "one of some elements");
        push(std::move(storage));
    }

    void push_reduced() {
        const std::vector<int> items = some_items(popped(Kind::tuple, "arguments"));
        const std::string_view name = popped(Kind::name, "the name of a function").text;
        if (name == ordered_dict && items.empty()) push(Kind::map);
        else if (name == rebuild_tensor) push_tensor(items);
        else refuse(fmt::format("{} with {} arguments", name, items.size()), "a tensor, or an OrderedDict of nothing");
    }

    std::vector<long> sizes_of(const Pickled& tuple) const {
        std::vector<long> sizes;
        for (const int item : some_items(tuple)) {
            const Pickled& size = values_.at(item);
            if (size.kind != Kind::integer || size.integer < 0 || size.integer > most_of_tensor)
                refuse("a tensor's size that is none", "whole numbers of at least 0");
            sizes.push_back(size.integer);
        }
        return sizes;
    }

    /// Storage, first element, shape, strides, whether it has gradients, hooks; newer ones have metadata behind them.
    void push_tensor(const std::vector<int>& items) {
        const auto is = [&](std::size_t item, Kind kind) { return values_.at(items[item]).kind == kind; };
        if ((items.size() != 6 && items.size() != 7) || !is(0, Kind::storage) || !is(1, Kind::integer) || !is(2, Kind::tuple) ||
            !is(3, Kind::tuple))
            refuse("a tensor of other parts", "its storage, first element, shape and strides");
        Pickled tensor;
        tensor.kind = Kind::tensor;
        tensor.storage = items[0];
        tensor.integer = values_.at(items[1]).integer;
        tensor.shape = sizes_of(values_.at(items[2]));
        tensor.strides = sizes_of(values_.at(items[3]));
        if (tensor.shape.size() != tensor.strides.size())
            refuse(fmt::format("a tensor of {} sizes and {} strides", tensor.shape.size(), tensor.strides.size()), "as many");
        push(std::move(tensor));
    }

    std::string_view bytes_;
    const Position& file_;
    std::size_t next_ = 0, opcode_ = 0;
    std::vector<int> stack_;
    std::vector<std::size_t> marks_;  // sizes of the stack
    std::map<std::uint64_t, int> memo_;
    PickledValues values_;
};

}  // namespace

PickledValues read_tensor_pickle(std::string_view pickle, const Position& at) { return Unpickler(pickle, at).read(); }

}  // namespace tokenyard
