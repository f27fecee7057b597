//! What people type, read into an expression of ours and written as FTS5 syntax. Pure.
//!
//! Words must all occur; `OR`, `NOT` or `-word`, `"phrases"`, `begin*`, `field:word` and parentheses do what they
//! say. Every word reaches FTS5 as a quoted string, so nothing typed can become syntax of its own.

use super::Field;

/// Characters of a query; longer ones are pasted by accident.
const MOST_CHARS: usize = 1000;
/// Words and phrases of a query: each costs a walk through the index.
const MOST_TERMS: usize = 32;
/// Parentheses within parentheses. FTS5 refuses trees deeper than 256.
const MOST_DEPTH: usize = 16;
/// Letters before `*`: a single one would stand for a large part of the index.
const LEAST_PREFIX: usize = 2;

/// A query that cannot be answered, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadQuery {
    pub message: String,
    pub hint: String,
}

/// A query that FTS5 will understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    root: Node,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Term { field: Option<Field>, text: String, prefix: bool },
    All { of: Vec<Node>, but: Vec<Node> },
    Any(Vec<Node>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Field(Field),
    Term { text: String, prefix: bool },
}

impl Query {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Says what is wrong and how to write it.
    pub fn parse(text: &str) -> Result<Self, BadQuery> {
        if text.chars().count() > MOST_CHARS {
            return Err(bad(
                format!("the search has more than {MOST_CHARS} characters"),
                "search for a few words of it",
            ));
        }
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Err(bad("there is nothing to search for", "write a word, or a \"phrase in quotes\""));
        }
        if tokens.iter().filter(|token| matches!(token, Token::Term { .. })).count() > MOST_TERMS {
            return Err(bad(
                format!("the search has more than {MOST_TERMS} words"),
                "a \"phrase in quotes\" counts as one",
            ));
        }
        let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
        let root = parser.any()?;
        match parser.peek() {
            None => Ok(Self { root }),
            Some(_) => Err(bad("a ) closes nothing", "remove it, or put text with parentheses in quotes")),
        }
    }

    /// The expression for FTS5's MATCH.
    pub(super) fn to_match(&self) -> String {
        let mut out = String::new();
        write(&self.root, &mut out);
        out
    }

    /// Matches where any of the words stands that are looked for: what is marked in a snippet.
    pub(super) fn to_marks(&self) -> String {
        let mut terms = Vec::new();
        collect(&self.root, &mut terms);
        terms.join(" OR ")
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// `a OR b`: binds weakest.
    fn any(&mut self) -> Result<Node, BadQuery> {
        let mut nodes = vec![self.all()?];
        while self.take(&Token::Or) {
            nodes.push(self.all()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    /// Neighbours, `AND` between them or not, and what is taken away by `NOT`.
    fn all(&mut self) -> Result<Node, BadQuery> {
        let (mut of, mut but) = (Vec::new(), Vec::new());
        loop {
            let joined = self.take(&Token::And);
            if joined && of.is_empty() && but.is_empty() {
                return Err(lonely("AND"));
            }
            let not = self.take(&Token::Not);
            match self.peek() {
                Some(Token::Term { .. } | Token::Field(_) | Token::Open) => {
                    let node = self.one(None)?;
                    if not { but.push(node) } else { of.push(node) }
                }
                _ if not => return Err(lonely("NOT")),
                _ if joined => return Err(lonely("AND")),
                _ => break,
            }
        }
        match (of.len(), but.len()) {
            (0, 0) => Err(lonely("OR or a parenthesis")),
            (0, _) => {
                Err(bad("NOT needs something to be taken away from", "write what to look for first: invoice NOT draft"))
            }
            (1, 0) => Ok(of.remove(0)),
            _ => Ok(Node::All { of, but }),
        }
    }

    fn one(&mut self, field: Option<Field>) -> Result<Node, BadQuery> {
        let token = self.peek().cloned();
        self.at += 1;
        match token {
            Some(Token::Term { text, prefix }) => Ok(Node::Term { field, text, prefix }),
            Some(Token::Field(inner)) => match self.peek() {
                Some(Token::Term { .. } | Token::Open) => self.one(Some(inner)),
                Some(Token::Field(_)) => {
                    Err(bad("a field stands within a field", "name the field once, before the word"))
                }
                _ => Err(bad(
                    format!("{}: is followed by nothing", inner.as_str()),
                    format!("write the word behind it: {}:word", inner.as_str()),
                )),
            },
            Some(Token::Open) => {
                self.depth += 1;
                if self.depth > MOST_DEPTH {
                    return Err(bad("too many parentheses within each other", "write the search flatter"));
                }
                let mut node = self.any()?;
                if !self.take(&Token::Close) {
                    return Err(bad("a ( is not closed", "add the ), or put text with parentheses in quotes"));
                }
                self.depth -= 1;
                if let Some(field) = field {
                    narrow(&mut node, field);
                }
                Ok(node)
            }
            _ => Err(lonely("what stands last")),
        }
    }
}

/// `field:(a OR b)`: the field holds for what has none of its own.
fn narrow(node: &mut Node, to: Field) {
    match node {
        Node::Term { field, .. } => *field = field.or(Some(to)),
        Node::All { of, but } => of.iter_mut().chain(but).for_each(|node| narrow(node, to)),
        Node::Any(nodes) => nodes.iter_mut().for_each(|node| narrow(node, to)),
    }
}

fn write(node: &Node, out: &mut String) {
    match node {
        Node::Term { .. } => out.push_str(&term(node)),
        Node::Any(nodes) => write_joined(nodes, " OR ", out),
        Node::All { of, but } if but.is_empty() => write_joined(of, " AND ", out),
        Node::All { of, but } => {
            out.push('(');
            write_joined(of, " AND ", out);
            out.push_str(" NOT ");
            write_joined(but, " OR ", out);
            out.push(')');
        }
    }
}

fn write_joined(nodes: &[Node], by: &str, out: &mut String) {
    out.push('(');
    for (at, node) in nodes.iter().enumerate() {
        if at > 0 {
            out.push_str(by);
        }
        write(node, out);
    }
    out.push(')');
}

fn term(node: &Node) -> String {
    let Node::Term { field, text, prefix } = node else { return String::new() };
    let column = field.map(|field| format!("{{{}}} : ", field.column())).unwrap_or_default();
    let star = if *prefix { " *" } else { "" };
    format!("{column}\"{}\"{star}", text.replace('"', "\"\""))
}

fn collect(node: &Node, terms: &mut Vec<String>) {
    match node {
        Node::Term { .. } => terms.push(term(node)),
        Node::All { of, .. } => of.iter().for_each(|node| collect(node, terms)),
        Node::Any(nodes) => nodes.iter().for_each(|node| collect(node, terms)),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, BadQuery> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '(' | ')' => {
                tokens.push(if first == '(' { Token::Open } else { Token::Close });
                rest = &rest[1..];
            }
            '"' => {
                let (token, after) = phrase(rest)?;
                tokens.push(token);
                rest = after;
            }
            '-' if rest[1..].starts_with(|next: char| next.is_alphanumeric() || next == '"' || next == '(') => {
                tokens.push(Token::Not);
                rest = &rest[1..];
            }
            _ => {
                if let Some((field, after)) = field(rest)? {
                    tokens.push(Token::Field(field));
                    rest = after;
                } else {
                    let end =
                        rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '(' | ')')).unwrap_or(rest.len());
                    tokens.extend(word(&rest[..end])?);
                    rest = &rest[end..];
                }
            }
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn phrase(text: &str) -> Result<(Token, &str), BadQuery> {
    let Some(end) = text[1..].find('"') else {
        return Err(bad("a quotation mark is not closed", "add the \" at the end of the phrase"));
    };
    let (inside, after) = (&text[1..=end], &text[end + 2..]);
    let prefix = after.starts_with('*');
    checked(inside, prefix)?;
    Ok((Token::Term { text: inside.to_owned(), prefix }, &after[usize::from(prefix)..]))
}

/// `prompt:` before something. An unknown name is a fault, or a typing error would find nothing for ever;
/// addresses (`https://`) and times (`12:30`) are words.
fn field(text: &str) -> Result<Option<(Field, &str)>, BadQuery> {
    let end = text.find(|c: char| !(c.is_ascii_alphabetic() || c == '_')).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    let Some(after) = after.strip_prefix(':') else { return Ok(None) };
    if name.is_empty() || after.starts_with("//") {
        return Ok(None);
    }
    match Field::from_name(&name.to_ascii_lowercase()) {
        Some(field) => Ok(Some((field, after))),
        None => {
            let known: Vec<&str> = Field::ALL.into_iter().map(Field::as_str).collect();
            let hint = format!("use one of {}, or put it in quotes: \"{name}:...\"", known.join(", "));
            Err(bad(format!("there is no field {name:?} to search in"), hint))
        }
    }
}

fn word(text: &str) -> Result<Option<Token>, BadQuery> {
    match text {
        "AND" => return Ok(Some(Token::And)),
        "OR" => return Ok(Some(Token::Or)),
        "NOT" => return Ok(Some(Token::Not)),
        _ => {}
    }
    let (text, prefix) = match text.strip_suffix('*') {
        Some(begin) => (begin, true),
        None => (text, false),
    };
    // Punctuation between words is common in pasted text and means nothing.
    if !prefix && !text.contains(char::is_alphanumeric) && text.chars().count() < 3 {
        return Ok(None);
    }
    checked(text, prefix)?;
    Ok(Some(Token::Term { text: text.to_owned(), prefix }))
}

fn checked(text: &str, prefix: bool) -> Result<(), BadQuery> {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    if letters == 0 {
        let shown: String = text.chars().take(40).collect();
        return Err(bad(format!("{shown:?} has no letter or digit to search for"), "only words are in the index"));
    }
    if prefix && letters < LEAST_PREFIX {
        let hint = format!("write at least {LEAST_PREFIX} letters before the *");
        return Err(bad(format!("{text}* stands for too many words"), hint));
    }
    Ok(())
}

fn lonely(word: &str) -> BadQuery {
    bad(
        format!("{word} has nothing beside it"),
        "write words on both sides; to search for the word itself put it in quotes",
    )
}

fn bad(message: impl Into<String>, hint: impl Into<String>) -> BadQuery {
    BadQuery { message: message.into(), hint: hint.into() }
}

#[cfg(test)]
mod tests;
