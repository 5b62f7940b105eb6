mod syntax;
mod check;
