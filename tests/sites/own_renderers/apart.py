"""Renders a text that is on no page."""

import markdown


def on_post_page(output, config, **_):
    """Add it behind the page."""
    html = markdown.markdown(
        "```console\n$ echo apart\n```", extensions=config.markdown_extensions, extension_configs=config.mdx_configs
    )
    return output.replace("</body>", html + "</body>")
