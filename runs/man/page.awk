# Turns what a program says to --help (as argp lays it out) into a section of a manual page.
function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return (text ~ /^[.']/ ? "\\&" : "") text
}
function begin_text() { # a paragraph, when an empty line or an option came before
    if (literal) print ".fi\n.RE"
    if (apart) print ".PP"
    literal = apart = in_option = 0
}

NR == 1 { sub(/^Usage: /, ""); print ".SS " escape($0); next }
/^Mandatory or optional arguments/ { getline; next } # two lines that every program says
/^$/ { apart = 1; in_option = 0; next }
/^ +-/ { # an option: its name, two spaces or more, what it does
    if (literal) print ".fi\n.RE"
    literal = 0
    in_option = 1
    hidden = /--(help|usage) /
    if (hidden) next
    sub(/^ +/, "")
    cut = match($0, /  +/)
    print ".TP\n.B " escape(cut ? substr($0, 1, cut - 1) : $0)
    if (cut) print escape(substr($0, cut + RLENGTH))
    apart = 1
    next
}
in_option && /^          / { sub(/^ +/, ""); if (!hidden) print escape($0); next }
/^  / { # an example to type
    if (!literal) print ".RS\n.nf"
    literal = 1
    sub(/^ +/, "")
    print escape($0)
    next
}
{ begin_text(); print escape($0) }
END { if (literal) print ".fi\n.RE" }
