//! A row's way, to be read.

use serde_json::Value as Json;

use super::trace::{Exchange, Message, Replied, Stop, Trace};

impl Trace {
    /// The whole way, from the source on.
    pub fn render(&self, colour: bool) -> String {
        let paper = Paper { colour };
        self.stops.iter().map(|stop| paper.stop(stop)).collect::<Vec<_>>().join("\n")
    }
}

struct Paper {
    colour: bool,
}

impl Paper {
    fn stop(&self, stop: &Stop) -> String {
        let mut facts = vec![stop.kind.to_owned(), format!("{}:{}", stop.file, stop.line)];
        if let Some(source) = &stop.source {
            let of = source.path.clone().unwrap_or("the rows in the file".to_owned());
            facts.push(format!("row {} of {of}", source.number));
        }
        if let Some(count) = stop.made_of {
            facts.push(format!("made of {count} rows; the way of the first is shown"));
        }
        facts.push(stop.id.chars().take(10).collect());
        let mut text = format!("{}  {}\n", self.bold(&stop.node), self.dim(&facts.join(" · ")));
        for exchange in &stop.exchanges {
            text.push('\n');
            text.push_str(&self.exchange(exchange));
        }
        if !stop.exchanges.is_empty() && !stop.values.is_empty() {
            text.push('\n');
        }
        let wide = stop.values.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in &stop.values {
            let shown = match value {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            let mut lines = clean(&shown).lines().map(str::to_owned).collect::<Vec<_>>().into_iter();
            let first = lines.next().unwrap_or_default();
            text.push_str(&format!("  {}  {first}\n", self.dim(&format!("{name:<wide$}"))));
            lines.for_each(|line| text.push_str(&format!("  {:<wide$}  {line}\n", "")));
        }
        if let Some(failure) = &stop.failure {
            text.push_str(&format!("  {} {}\n", self.marked(failure.reason), clean(&failure.message)));
            if !failure.excerpt.is_empty() {
                text.push_str(&block("    ", &failure.excerpt));
            }
        }
        text
    }

    fn exchange(&self, exchange: &Exchange) -> String {
        let mut head = format!("  asked {}", self.bold(&exchange.binding));
        let mut facts = Vec::new();
        if exchange.model != exchange.binding {
            facts.push(format!("as {}", exchange.model));
        }
        if exchange.sample > 0 {
            facts.push(format!("sample {}", exchange.sample + 1));
        }
        let sent = exchange.sent.iter().filter(|(name, _)| *name != "schema");
        facts.extend(sent.map(|(name, value)| format!("{name} {value}")));
        facts.push(format!("line {}", exchange.line));
        head.push_str(&format!("  {}\n", self.dim(&facts.join(" · "))));
        for message in &exchange.messages {
            head.push_str(&self.message(message));
        }
        if let Some(schema) = exchange.sent.get("schema") {
            head.push_str(&format!("    {} {schema}\n", self.dim("in the form")));
        }
        match &exchange.reply {
            Replied::Text { text, ending } => {
                head.push_str(&self.answered(ending, exchange));
                head.push_str(&block("      ", text));
                if !exchange.repairs.is_empty() {
                    let repairs = exchange.repairs.join(", ");
                    head.push_str(&format!("    {} {repairs}\n", self.marked("read in spite of")));
                }
            }
            Replied::Data { data, ending } => {
                head.push_str(&self.answered(ending, exchange));
                head.push_str(&block("      ", &serde_json::to_string_pretty(data).unwrap_or_default()));
            }
            Replied::Nothing { problem } => {
                head.push_str(&format!("    {} {}\n", self.marked("no answer:"), clean(problem)));
            }
        }
        head
    }

    fn message(&self, message: &Message) -> String {
        let mut text = format!("    {}\n", self.dim(message.who));
        text.push_str(&block("      ", &message.text));
        message.images.iter().for_each(|image| text.push_str(&format!("      [image {image}]\n")));
        text
    }

    fn answered(&self, ending: &str, exchange: &Exchange) -> String {
        let mut facts = Vec::new();
        if ending != "complete" {
            facts.push(ending.to_owned());
        }
        match exchange.how {
            "planted" => facts.push("planted in the file".to_owned()),
            "replayed" => facts.push("replayed from a file".to_owned()),
            _ => {}
        }
        if let Some(record) = &exchange.record {
            facts.extend(record.served_by.clone());
            facts.push(format!("{:.2} s", record.seconds));
            facts.push(format!("{} + {} tokens", record.tokens_in, record.tokens_out));
            facts.extend(record.microdollars.map(|spent| format!("${:.6}", spent as f64 / 1e6)));
            if record.attempts > 1 {
                facts.push(format!("at the {}. attempt", record.attempts));
            }
            let at = jiff::Timestamp::from_second(record.at as i64);
            facts.extend(at.map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string()));
            facts.push(format!("call {}", record.key));
        }
        format!("    {}  {}\n", self.bold("reply"), self.dim(&facts.join(" · ")))
    }

    fn bold(&self, text: &str) -> String {
        self.painted(text, "1")
    }

    fn dim(&self, text: &str) -> String {
        self.painted(text, "2")
    }

    fn marked(&self, text: &str) -> String {
        self.painted(text, "33")
    }

    fn painted(&self, text: &str, code: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A text with every line set in.
fn block(margin: &str, text: &str) -> String {
    if text.is_empty() {
        return format!("{margin}(nothing)\n");
    }
    clean(text).lines().map(|line| format!("{margin}{line}\n")).collect()
}

/// A text without anything that a terminal would obey.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars()
        .map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}
