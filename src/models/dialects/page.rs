//! The readable text of an HTML page.
//!
//! Not a browser: tags are taken as they come, what is not content is left out, and blocks
//! become lines. That is what a model is given to read.

/// Elements that are no part of what a reader reads.
const DROPPED: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "iframe", "nav", "footer", "aside", "form", "button",
    "select", "canvas", "object",
];
/// Elements that do not begin a line of their own.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "dfn", "em", "font", "i", "img", "kbd", "label",
    "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
];

/// A page's title and text.
pub(super) fn readable(html: &str) -> (String, String) {
    let mut page = Reader { rest: html, title: String::new(), text: String::new() };
    page.read();
    (lines(&page.title).replace('\n', " "), lines(&page.text))
}

struct Reader<'a> {
    rest: &'a str,
    title: String,
    text: String,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some(start) = self.rest.find('<') {
            let (text, tag) = self.rest.split_at(start);
            decode(text, &mut self.text);
            if let Some(comment) = tag.strip_prefix("<!--") {
                self.rest = after(comment, "-->");
                continue;
            }
            let starts = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
            if !starts {
                self.text.push('<');
                self.rest = &tag[1..];
                continue;
            }
            let end = end_of_tag(tag);
            let name = name_of(&tag[..end]);
            self.rest = &tag[end..];
            self.enter(tag.as_bytes().get(1) == Some(&b'/'), &name);
        }
        decode(self.rest, &mut self.text);
    }

    fn enter(&mut self, closing: bool, name: &str) {
        if !closing && name == "title" {
            let (title, rest) = self.until_closed(name);
            if self.title.is_empty() {
                decode(title, &mut self.title);
            }
            self.rest = rest;
        } else if !closing && DROPPED.contains(&name) {
            self.rest = self.until_closed(name).1;
        } else if !INLINE.contains(&name) {
            self.text.push(if matches!(name, "td" | "th") { ' ' } else { '\n' });
        }
    }

    /// What lies before the end of an element that was just opened, and what lies after it.
    fn until_closed(&self, name: &str) -> (&'a str, &'a str) {
        let mut depth = 1;
        let mut at = 0;
        while let Some(found) = self.rest[at..].find('<') {
            let start = at + found;
            let tag = &self.rest[start..];
            let closing = tag[1..].starts_with('/');
            let named = &tag[if closing { 2 } else { 1 }..];
            let same = named.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name))
                && !named[name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            // Scripts and titles hold text, in which an opening tag opens nothing.
            let nests = !matches!(name, "script" | "style" | "title");
            match (same, closing) {
                (true, true) => depth -= 1,
                (true, false) if nests => depth += 1,
                _ => {}
            }
            if depth == 0 {
                return (&self.rest[..start], &tag[end_of_tag(tag)..]);
            }
            at = start + 1;
        }
        // Never closed: dropping all the rest would lose the page to one slip.
        ("", self.rest)
    }
}

/// Where the text after a mark goes on; at the end where the mark is missing.
fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).map_or("", |(_, rest)| rest)
}

/// The length of a tag, whose quoted values may hold any character.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') if tag[..at].trim_end().ends_with('=') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    tag.len()
}

fn name_of(tag: &str) -> String {
    let name = tag.trim_start_matches(['<', '/']);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(name.len());
    name[..end].to_ascii_lowercase()
}

/// Adds text with its character references resolved.
fn decode(text: &str, to: &mut String) {
    const LONGEST: usize = 10;
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        to.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        let end = rest.bytes().take(LONGEST).position(|byte| byte == b';');
        match end.and_then(|end| Some((character(&rest[..end])?, end))) {
            Some((c, end)) => {
                to.push(c);
                rest = &rest[end + 1..];
            }
            None => to.push('&'),
        }
    }
    to.push_str(rest);
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "hellip" => '…',
        "copy" => '©',
        "euro" => '€',
        "pound" => '£',
        "deg" => '°',
        "middot" => '·',
        "bull" => '•',
        "times" => '×',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        "ccedil" => 'ç',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "szlig" => 'ß',
        "ntilde" => 'ñ',
        _ => return None,
    })
}

/// Lines without the space around and within them that means nothing, none of them empty.
fn lines(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !words.is_empty() {
            lines.push(words.join(" "));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_a_reader_reads() {
        let html = r#"<!doctype html><html><head><title>Caf&eacute; &amp; bar</title>
            <style>p { color: red }</style><script>if (a < b) { x("</p>"); }</script></head>
            <body><nav><ul><li>Home</li></ul></nav>
            <!-- <p>not said</p> -->
            <h1>Open &#8211; daily</h1><p>From <b>nine</b> to
            <a href="x?a>b" title='>'>five</a>.</p><table><tr><td>1</td><td>2</td></tr></table>
            <footer>Imprint</footer></body></html>"#;
        let (title, text) = readable(html);
        assert_eq!(title, "Café & bar");
        assert_eq!(text, "Open – daily\nFrom nine to\nfive.\n1 2");
    }

    #[test]
    fn survives_broken_markup() {
        assert_eq!(readable("a < b && c &unknown; d").1, "a < b && c &unknown; d");
        assert_eq!(readable("<p>kept <script>never closed").1, "kept never closed");
        assert_eq!(readable("<nav><nav>in</nav>still in</nav>out").1, "out");
        assert_eq!(readable("<p title=\"open").1, "");
        assert_eq!(readable("<header>in</header><é>").1, "in\n<é>");
        assert_eq!(readable("").1, "");
    }
}
