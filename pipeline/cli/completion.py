"""`trailhouse completion`: the script by which a shell completes commands and options."""

from __future__ import annotations

import click

from pipeline.cli.options import command


@command(
    name="completion",
    examples=(
        'eval "$(trailhouse completion bash)"      # in ~/.bashrc',
        'eval "$(trailhouse completion zsh)"       # in ~/.zshrc, after compinit',
        "trailhouse completion fish > ~/.config/fish/completions/trailhouse.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    root = ctx.find_root()
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(root.command, {}, "trailhouse", "_TRAILHOUSE_COMPLETE").source())
