// Plain values as JSON: how a C++ program's answers leave it.
//
//   integer  ["integer", 3]            bool and char, too: C++ compares them as numbers
//   real     ["float" or "double", "0x1.8p+1"]
//   text     ["text", "..."]           one character a byte
//   optional ["optional", null or a value]
//   tuple    ["tuple", [values]]       pair, too
//   the rest ["ordered" or "unordered", the type's name, [values]]
//
// Overloads are chosen for exactly these types; anything else is ["odd", the type's name], whatever
// it converts to and however it compares.
#pragma once
#include <bits/stdc++.h>
#include <unistd.h>

namespace judge_plain {

template <class T> std::string encode(const T &value);

inline std::string quoted(const std::string &text) {
    std::string line = "\"";
    char code[8];
    for (unsigned char c : text) {
        std::snprintf(code, sizeof code, "\\u%04x", c);
        line += c < 32 || c > 126 || c == '"' || c == '\\' ? std::string(code) : std::string(1, c);
    }
    return line + '"';
}

inline std::string real(const char *kind, long double value) {
    char digits[64];
    std::snprintf(digits, sizeof digits, "%La", value);
    return std::string("[\"") + kind + "\",\"" + digits + "\"]";
}

template <class T> std::string listed(const T &values) {
    std::string line;
    for (const auto &value : values) line += (line.empty() ? "" : ",") + encode(value);
    return "[" + line + "]";
}

template <class T> std::string container(const char *kind, const T &values) {
    return std::string("[\"") + kind + "\"," + quoted(typeid(T).name()) + "," + listed(values) + "]";
}

// vector<bool> answers with proxies.
inline std::string container(const char *kind, const std::vector<bool> &values) {
    std::string line;
    for (bool value : values) line += (line.empty() ? "" : ",") + encode(value);
    return std::string("[\"") + kind + "\"," + quoted(typeid(values).name()) + ",[" + line + "]]";
}

template <class... T> std::string joined(const T &...values) {
    std::string line;
    ((line += (line.empty() ? "" : ",") + encode(values)), ...);
    return "[\"tuple\",[" + line + "]]";
}

template <class T> struct Form {
    static std::string of(const T &value) {
        if constexpr (std::is_integral_v<T>) return "[\"integer\"," + std::to_string(+value) + "]";
        else return "[\"odd\"," + quoted(typeid(T).name()) + "]";
    }
};
template <> struct Form<float> {
    static std::string of(float value) { return real("float", value); }
};
template <> struct Form<double> {
    static std::string of(double value) { return real("double", value); }
};
template <> struct Form<long double> {
    static std::string of(long double value) { return real("long double", value); }
};
template <> struct Form<std::string> {
    static std::string of(const std::string &value) { return "[\"text\"," + quoted(value) + "]"; }
};
template <> struct Form<const char *> {
    static std::string of(const char *value) { return encode(std::string(value)); }
};
template <> struct Form<char *> : Form<const char *> {};
template <std::size_t N> struct Form<char[N]> : Form<const char *> {};
template <> struct Form<std::nullopt_t> {
    static std::string of(std::nullopt_t) { return "[\"optional\",null]"; }
};
template <class T> struct Form<std::optional<T>> {
    static std::string of(const std::optional<T> &value) {
        return "[\"optional\"," + (value ? encode(*value) : "null") + "]";
    }
};
template <class... T> struct Form<std::tuple<T...>> {
    static std::string of(const std::tuple<T...> &value) {
        return std::apply([](const auto &...parts) { return joined(parts...); }, value);
    }
};
template <class A, class B> struct Form<std::pair<A, B>> {
    static std::string of(const std::pair<A, B> &value) { return joined(value.first, value.second); }
};

template <class T> struct Ordered {
    static std::string of(const T &value) { return container("ordered", value); }
};
template <class T> struct Unordered {
    static std::string of(const T &value) { return container("unordered", value); }
};
template <class T> struct Form<std::vector<T>> : Ordered<std::vector<T>> {};
template <class T> struct Form<std::deque<T>> : Ordered<std::deque<T>> {};
template <class T> struct Form<std::list<T>> : Ordered<std::list<T>> {};
template <class T> struct Form<std::set<T>> : Ordered<std::set<T>> {};
template <class T, std::size_t N> struct Form<std::array<T, N>> : Ordered<std::array<T, N>> {};
template <class K, class V> struct Form<std::map<K, V>> : Ordered<std::map<K, V>> {};
template <class T> struct Form<std::unordered_set<T>> : Unordered<std::unordered_set<T>> {};
template <class K, class V>
struct Form<std::unordered_map<K, V>> : Unordered<std::unordered_map<K, V>> {};

template <class T> std::string encode(const T &value) { return Form<T>::of(value); }

// MultiPL-E's unions hold f0, f1, ... and compare the member that has the wanted value's type.
template <class Wanted, class T> std::string member(const T &value) {
    if constexpr (std::is_same_v<decltype(value.f0), Wanted>) return encode(value.f0);
    else if constexpr (std::is_same_v<decltype(value.f1), Wanted>) return encode(value.f1);
    else return encode(value.f2);
}

template <class Wanted, class T> std::string answer(const T &value) {
    if constexpr (std::is_union_v<T>) return member<Wanted>(value);
    else return encode(value);
}

inline void send(int fd, const std::string &answer) {
    std::string line = answer + "\n";
    for (std::size_t sent = 0; sent < line.size();) {
        ssize_t more = ::write(fd, line.data() + sent, line.size() - sent);
        if (more <= 0) std::_Exit(1);
        sent += more;
    }
}

inline void raised(int fd, const std::string &kind, const std::string &message) {
    send(fd, "[\"raised\"," + quoted(kind) + "," + quoted(message) + "]");
}

} // namespace judge_plain
