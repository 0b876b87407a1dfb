//! Comments in the user's own form.

use trueup::output::markdown::{BITBUCKET, DIALECTS, GITHUB, Template};

use super::{Form, MISTAKE, Reviews, before, files, many, marker, report, web, write};

fn reviews() -> Reviews {
    let hostile = MISTAKE.replace("\"cra\"", "\"<img src=x> @team **b** $x$\"");
    let (now, base) = (files(&[("env/prod/main.tf", &hostile)]), files(&[("env/prod/main.tf", &before())]));
    Reviews::of(report("env/prod", &now, Some(&base), "high"))
}

fn form(template: &Template) -> Form<'_> {
    Form { marker: marker(), web: web(), template: Some(template), ..Form::default() }
}

#[test]
fn a_template_writes_the_comment() {
    let source = "## {{ mark }} {{ headline }}\n{% for root in roots %}\n\n{{ root.root|code }}: {{ root.verdict }}\n\
                  {% for f in root.findings if f.blocks %}\n- {{ f.severity }} {{ f.address|code }} {{ f.title }} \
                  {{ (f.file ~ ':' ~ f.line)|link(f.url) }}\n{% endfor %}\n{% endfor %}\n{{ parts.details }}";
    let template = Template::parse("comment.md.jinja", source).unwrap();
    let written = write(&reviews(), &GITHUB, &form(&template));
    assert_eq!(written.trouble, None);
    assert!(written.body.contains("\n`env/prod`: blocked\n"), "{}", written.body);
    assert!(
        written.body.contains("](https://github.com/o/r/blob/0123456789abcdef/env/prod/main.tf#L"),
        "{}",
        written.body
    );
    assert!(written.body.contains("<details><summary>Changes"), "{}", written.body);
}

#[test]
fn a_template_lets_nothing_out_by_accident() {
    // The whole of the data, through every filter that gives text.
    let source = "{{ roots }}\n\n{% for r in roots %}{% for f in r.findings %}{{ f.title|upper }} {{ f.title|lower }} \
                  {{ f|join(', ') }} {{ f.title|replace('a', '<b>') }} {{ f.title ~ '@team' }} {{ f.title|truncate(20) }} \
                  {{ [f.title, '<img src=x>']|join('|') }} {{ f.title|default('x') }} {{ f.title|code }} \
                  {{ f.title|link('javascript:alert(1)') }} {{ f.title|link('https://e.org/)<img>') }}\n{% endfor %}\
                  {{ r.facets|map(attribute='now')|join('; ') }}\n{% endfor %}";
    let template = Template::parse("t", source).unwrap();
    for dialect in DIALECTS {
        let written = write(&reviews(), dialect, &form(&template));
        assert_eq!(written.trouble, None, "{}", dialect.name);
        let html = super::hostile::rendered(dialect, &written.body);
        for live in ["<img", "<b>", "<strong>", "javascript:", "@team", "<script"] {
            let outside: String =
                html.split("<code>").map(|p| p.split("</code>").last().unwrap_or("")).collect();
            assert!(!outside.contains(live), "{}: {live}\n{html}", dialect.name);
        }
    }
}

#[test]
fn a_template_that_cannot_be_used_gives_way_and_says_why() {
    for (source, said) in [
        ("{{ roots[0].nothing.more }}", "undefined"),
        ("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "fuel"),
    ] {
        let template = Template::parse("t.md", source).unwrap();
        let written = write(&reviews(), &GITHUB, &form(&template));
        let trouble = written.trouble.unwrap();
        assert!(trouble.contains("t.md") && trouble.to_lowercase().contains(said), "{trouble}");
        assert!(written.body.contains("### ❌ trueup: blocked by high"), "{}", written.body);
    }
    for wrong in ["{% for %}", "{% include 'x' %}", "{{ x|nofilter }}"] {
        let parsed = Template::parse("t.md", wrong);
        let failed = parsed.map_or_else(Some, |t| write(&reviews(), &GITHUB, &form(&t)).trouble);
        assert!(failed.is_some_and(|e| e.contains("t.md")), "{wrong}");
    }
}

#[test]
fn a_template_stays_within_the_limit() {
    let reviews = many(60, "high");
    let template = Template::parse(
        "t",
        "# {{ headline }}\n{{ parts.summary }}{{ parts.blockers }}{{ parts.details }}{{ parts.left_out }}",
    )
    .unwrap();
    let written = write(&reviews, &BITBUCKET, &form(&template));
    assert!(written.trouble.is_none() && !written.shed.is_empty(), "{written:?}");
    assert!(written.body.contains("Left out for room: "), "{}", written.body);
    let endless =
        Template::parse("t", "{% for r in roots %}{% for i in range(3000) %}text {% endfor %}{% endfor %}")
            .unwrap();
    let written = write(&reviews, &BITBUCKET, &form(&endless));
    assert!(written.trouble.is_some_and(|t| t.contains("writes more than")), "{:?}", written.shed);
}

#[test]
fn the_template_of_the_documentation_works() {
    let page = std::fs::read_to_string(crate::harness::repository().join("docs/pull-requests.md")).unwrap();
    let source = page.split("```jinja\n").nth(1).unwrap().split("```").next().unwrap();
    let template = Template::parse("docs", source).unwrap();
    for dialect in DIALECTS {
        let written = write(&reviews(), dialect, &form(&template));
        assert_eq!(written.trouble, None);
        assert!(
            written.body.contains("\n`env/prod`: blocked\n\n- **critical** `azurerm_container_registry.a`"),
            "{}",
            written.body
        );
    }
}
