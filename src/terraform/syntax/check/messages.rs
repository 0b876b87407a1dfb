//! Terraform's messages about syntax: summary and detail.

use super::super::scan::Kind;

/// Summary and detail.
pub(in crate::terraform::syntax) type Message = (&'static str, &'static str);

pub(in crate::terraform::syntax) const QUOTED_NAME: Message =
    ("Invalid argument name", "Argument names must not be quoted.");
pub(in crate::terraform::syntax) const NOT_AN_ITEM: Message =
    ("Argument or block definition required", "An argument or block definition is required here.");
pub(in crate::terraform::syntax) const COMMA_AFTER_ARGUMENT: Message = (
    "Unexpected comma after argument",
    "Argument definitions must be separated by newlines, not commas. An argument definition must end \
     with a newline.",
);
pub(in crate::terraform::syntax) const NO_NEWLINE_AFTER_ARGUMENT: Message =
    ("Missing newline after argument", "An argument definition must end with a newline.");
pub(in crate::terraform::syntax) const NOT_AN_ARGUMENT: Message = (
    "Argument or block definition required",
    "An argument or block definition is required here. To set an argument, use the equals sign \"=\" to \
     introduce the argument value.",
);
pub(in crate::terraform::syntax) const EQUALS_IN_BLOCK: Message = (
    "Invalid block definition",
    "The equals sign \"=\" indicates an argument definition, and must not be used when defining a \
     block.",
);
pub(in crate::terraform::syntax) const BLOCK_WITHOUT_BODY: Message = (
    "Invalid block definition",
    "A block definition must have block content delimited by \"{\" and \"}\", starting on the same line \
     as the block header.",
);
pub(in crate::terraform::syntax) const NO_BLOCK_LABEL: Message = (
    "Invalid block definition",
    "Either a quoted string block label or an opening brace (\"{\") is expected here.",
);
pub(in crate::terraform::syntax) const NO_NEWLINE_AFTER_BLOCK: Message =
    ("Missing newline after block definition", "A block definition must end with a newline.");
pub(in crate::terraform::syntax) const SEVERAL_ARGUMENTS: Message = (
    "Invalid single-argument block definition",
    "Single-line block syntax can include only one argument definition. To define multiple arguments, \
     use the multi-line block syntax with one argument definition per line.",
);
pub(in crate::terraform::syntax) const ONE_LINE_NOT_CLOSED: Message = (
    "Invalid single-argument block definition",
    "A single-line block definition must end with a closing brace immediately after its single argument \
     definition.",
);
pub(in crate::terraform::syntax) const TEMPLATE_IN_STRING: Message = (
    "Invalid string literal",
    "Template sequences are not allowed in this string. To include a literal \"$\" or \"%\" before a \
     brace, double it to escape it.",
);
pub(in crate::terraform::syntax) const UNCLOSED_STRING: Message =
    ("Unterminated string literal", "Unable to find the closing quote mark before the end of the file.");
pub(in crate::terraform::syntax) const NO_FALSE_EXPRESSION: Message = (
    "Missing false expression in conditional",
    "The conditional operator (...?...:...) requires a false expression, delimited by a colon.",
);
pub(in crate::terraform::syntax) const UNCLOSED_PARENTHESES: Message =
    ("Unbalanced parentheses", "Expected a closing parenthesis to terminate the expression.");
pub(in crate::terraform::syntax) const MISSING_EXPRESSION: Message =
    ("Missing expression", "Expected the start of an expression, but found the end of the file.");
pub(in crate::terraform::syntax) const INVALID_EXPRESSION: Message =
    ("Invalid expression", "Expected the start of an expression, but found an invalid expression token.");
pub(in crate::terraform::syntax) const INVALID_NUMBER: Message =
    ("Invalid number literal", "Failed to recognize the value of this number literal.");
pub(in crate::terraform::syntax) const NO_FUNCTION_NAME: Message = (
    "Missing function name",
    "Function scope resolution symbol :: must be followed by a function name in this scope.",
);
pub(in crate::terraform::syntax) const NO_CALL_PARENTHESIS: Message = (
    "Missing open parenthesis",
    "Function selector must be followed by an open parenthesis to begin the function call.",
);
pub(in crate::terraform::syntax) const NOT_LAST_EXPANDED: Message = (
    "Missing closing parenthesis",
    "An expanded function argument (with ...) must be immediately followed by closing parentheses.",
);
pub(in crate::terraform::syntax) const UNCLOSED_CALL: Message = (
    "Unterminated function call",
    "There is no closing parenthesis for this function call before the end of the file. This may be \
     caused by incorrect parenthesis nesting elsewhere in this file.",
);
pub(in crate::terraform::syntax) const NO_ARGUMENT_SEPARATOR: Message =
    ("Missing argument separator", "A comma is required to separate each function argument from the next.");
pub(in crate::terraform::syntax) const NO_ATTRIBUTE_NAME: Message =
    ("Invalid attribute name", "An attribute name is required after a dot.");
pub(in crate::terraform::syntax) const NESTED_SPLAT: Message = (
    "Nested splat expression not allowed",
    "A splat expression (*) cannot be used inside another attribute-only splat expression.",
);
pub(in crate::terraform::syntax) const UNCLOSED_SPLAT: Message = (
    "Missing close bracket on splat index",
    "The star for a full splat operator must be immediately followed by a closing bracket (\"]\").",
);
pub(in crate::terraform::syntax) const UNCLOSED_INDEX: Message =
    ("Missing close bracket on index", "The index operator must end with a closing bracket (\"]\").");
pub(in crate::terraform::syntax) const UNCLOSED_TUPLE: Message = (
    "Unterminated tuple constructor expression",
    "There is no corresponding closing bracket before the end of the file. This may be caused by \
     incorrect bracket nesting elsewhere in this file.",
);
pub(in crate::terraform::syntax) const NO_ITEM_SEPARATOR: Message =
    ("Missing item separator", "Expected a comma to mark the beginning of the next item.");
pub(in crate::terraform::syntax) const TOO_MANY_ITEMS: Message = (
    "Too many items",
    "An object in a file of JSON syntax may have at most 20,000 items here. Put large maps into a .tfvars.json \
     or read them with jsondecode(file(...)).",
);
pub(in crate::terraform::syntax) const NO_ATTRIBUTE_VALUE: Message =
    ("Missing attribute value", "Expected an attribute value, introduced by an equals sign (\"=\").");
pub(in crate::terraform::syntax) const NO_KEY_SEPARATOR_NAME: Message = (
    "Missing key/value separator",
    "Expected an equals sign (\"=\") to mark the beginning of the attribute value. If you intended to \
     given an attribute name containing periods or spaces, write the name in quotes to create a string \
     literal.",
);
pub(in crate::terraform::syntax) const NO_KEY_SEPARATOR: Message = (
    "Missing key/value separator",
    "Expected an equals sign (\"=\") to mark the beginning of the attribute value.",
);
pub(in crate::terraform::syntax) const NO_ATTRIBUTE_SEPARATOR: Message = (
    "Missing attribute separator",
    "Expected a newline or comma to mark the beginning of the next attribute.",
);
pub(in crate::terraform::syntax) const FOR_WITHOUT_COLON: Message =
    ("Invalid 'for' expression", "For expression requires a colon after the collection expression.");
pub(in crate::terraform::syntax) const FOR_WITH_MORE: Message =
    ("Invalid 'for' expression", "Extra characters after the end of the 'for' expression.");
pub(in crate::terraform::syntax) const FOR_TUPLE_WITH_KEY: Message =
    ("Invalid 'for' expression", "Key expression is not valid when building a tuple.");
pub(in crate::terraform::syntax) const FOR_TUPLE_WITH_GROUPING: Message =
    ("Invalid 'for' expression", "Grouping ellipsis (...) cannot be used when building a tuple.");
pub(in crate::terraform::syntax) const FOR_OBJECT_WITHOUT_KEY: Message =
    ("Invalid 'for' expression", "Key expression is required when building an object.");
pub(in crate::terraform::syntax) const UNCLOSED_TEMPLATE: Message =
    ("Unterminated template string", "No closing marker was found for the string.");
pub(in crate::terraform::syntax) const UNCLOSED_INTERPOLATION: Message = (
    "Unclosed template interpolation sequence",
    "There is no closing brace for this interpolation sequence before the end of the file. This might \
     be caused by incorrect nesting inside the given expression.",
);
pub(in crate::terraform::syntax) const UNCLOSED_INTERPOLATION_IN_QUOTES: Message = (
    "Unclosed template interpolation sequence",
    "There is no closing brace for this interpolation sequence before the end of the quoted template. \
     This might be caused by incorrect nesting inside the given expression.",
);
pub(in crate::terraform::syntax) const COLON_IN_INTERPOLATION: Message = (
    "Extra characters after interpolation expression",
    "Template interpolation doesn't expect a colon at this location. Did you intend this to be a \
     literal sequence to be processed as part of another language? If so, you can escape it by starting \
     with \"$${\" instead of just \"${\".",
);
pub(in crate::terraform::syntax) const MORE_IN_INTERPOLATION: Message = (
    "Extra characters after interpolation expression",
    "Expected a closing brace to end the interpolation expression, but found extra characters. This can \
     happen when you include interpolation syntax for another language, such as shell scripting, but \
     forget to escape the interpolation start token. If this is an embedded sequence for another \
     language, escape it by starting with \"$${\" instead of just \"${\".",
);
pub(in crate::terraform::syntax) const NO_DIRECTIVE: Message = (
    "Invalid template directive",
    "A template directive keyword (\"if\", \"for\", etc) is expected at the beginning of a %{ sequence.",
);
pub(in crate::terraform::syntax) const TOO_DEEP: Message = (
    "Nesting too deep",
    "Expressions, templates and blocks may be nested at most 64 levels deep, and operators chained at \
     most 128 times. Move parts of it into local values.",
);
pub(in crate::terraform::syntax) const UNCLOSED_BLOCK: Message = (
    "Unclosed configuration block",
    "There is no closing brace for this block before the end of the file. This may be caused by \
     incorrect brace nesting elsewhere in this file.",
);
pub(in crate::terraform::syntax) const UNCLOSED_OBJECT: Message = (
    "Unterminated object constructor expression",
    "There is no corresponding closing brace before the end of the file. This may be caused by \
     incorrect brace nesting elsewhere in this file.",
);

/// Terraform's message about a token that is no part of the language.
pub(super) fn unknown_token(kind: Kind, text: &str) -> Option<Message> {
    const CHARACTER: &str = "Invalid character";
    match kind {
        Kind::QuotedNewline => Some((
            "Invalid multi-line string",
            "Quoted strings may not be split over multiple lines. To produce a multi-line string, either use \
             the \\n escape to represent a newline character or use the \"heredoc\" multi-line template syntax.",
        )),
        Kind::Invalid => Some(match text {
            "&" => (
                "Unsupported operator",
                "Bitwise operators are not supported. Did you mean boolean AND (\"&&\")?",
            ),
            "|" => (
                "Unsupported operator",
                "Bitwise operators are not supported. Did you mean boolean OR (\"||\")?",
            ),
            "~" => (
                "Unsupported operator",
                "Bitwise operators are not supported. Did you mean boolean NOT (\"!\")?",
            ),
            "^" => ("Unsupported operator", "Bitwise operators are not supported."),
            "`" => (
                CHARACTER,
                "The \"`\" character is not valid. To create a multi-line string, use the \"heredoc\" syntax, \
                 like \"<<EOT\".",
            ),
            "'" => (CHARACTER, "Single quotes are not valid. Use double quotes (\") to enclose strings."),
            ";" => (
                CHARACTER,
                "The \";\" character is not valid. Use newlines to separate arguments and blocks, and commas \
                 to separate items in collection values.",
            ),
            "“" | "”" => (
                CHARACTER,
                "\"Curly quotes\" are not valid here. These can sometimes be inadvertently introduced when \
                 sharing code via documents or discussion forums. It might help to replace the character with \
                 a \"straight quote\".",
            ),
            _ => (CHARACTER, "This character is not used within the language."),
        }),
        _ => None,
    }
}
