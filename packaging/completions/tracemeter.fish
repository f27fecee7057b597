# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_tracemeter_global_optspecs
    string join \n h/help V/version
end

function __fish_tracemeter_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_tracemeter_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_tracemeter_using_subcommand
    set -l cmd (__fish_tracemeter_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c tracemeter -n "__fish_tracemeter_needs_command" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -s V -l version -d 'Print version'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "serve" -d 'Receive, keep and show traces until told to stop'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "check-config" -d 'Check configuration and environment without opening a port'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "health" -d 'Ask a running server whether it is ready; exits 1 when it is not'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "backup" -d 'Copy everything that cannot be made again to a folder, while the server runs'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "restore" -d 'Make a data directory from a backup, or only check the backup'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "delete" -d 'Delete a trace, a session or a user\'s data everywhere, and print the receipt'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "prices" -d 'Look at prices, set your own, take over a newer table'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "reindex" -d 'Read everything kept anew, after prices or readings have changed, while the server runs'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "redact" -d 'Try rules of redaction on a text, or on what is stored; nothing is changed'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "reconcile" -d 'Compare a provider\'s bill with the calls that were seen'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "destinations" -d 'See how forwarding goes; pause, resume, rewind, test, look after dead letters'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "connect" -d 'Print how a client is set up, wait for its first data, and say which mistake it makes'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "keys" -d 'Make, list, rotate and revoke the keys of who sends, and tokens of scripts; the server may be running or not'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "admin" -d 'Print a one-time link by which the admin\'s name and password are set, for the first time or anew'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "demo" -d 'Send a realistic set of agent traces to a running server'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "version" -d 'Print the version'
complete -c tracemeter -n "__fish_tracemeter_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand serve" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand serve" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand serve" -l standing-at -d 'Let the clock stand at this time: for tests and pictures of pages that must not change' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand serve" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand check-config" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand check-config" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand check-config" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand health" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand health" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand health" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand health" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand backup" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand backup" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand backup" -l prune -d 'Remove days from the backup that the server has deleted'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand backup" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand restore" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand restore" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand restore" -l verify -d 'Only check that the backup is whole and can be read'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand restore" -l undo-upgrade -d 'Go back to before the last upgrade that changed the format; what came since is put aside'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand restore" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand delete" -l trace -d 'A trace, by its 32 hex digits' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand delete" -l session -d 'Every trace and record of a session' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand delete" -l user -d 'Every trace and record of a user' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand delete" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand delete" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand delete" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand delete" -l yes -d 'Delete without asking'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand delete" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and not __fish_seen_subcommand_from list show set remove import refresh cost help" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and not __fish_seen_subcommand_from list show set remove import refresh cost help" -f -a "list" -d 'List models with their prices, your own first'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and not __fish_seen_subcommand_from list show set remove import refresh cost help" -f -a "show" -d 'Show what a call of a model finds: the row, how it is found, and its prices by date'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and not __fish_seen_subcommand_from list show set remove import refresh cost help" -f -a "set" -d 'Set a price of your own; prices that are not named are taken over from the present row'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and not __fish_seen_subcommand_from list show set remove import refresh cost help" -f -a "remove" -d 'Take a price of your own away again'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and not __fish_seen_subcommand_from list show set remove import refresh cost help" -f -a "import" -d 'Add every price of a file written like prices.toml'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and not __fish_seen_subcommand_from list show set remove import refresh cost help" -f -a "refresh" -d 'Take over a newer price table from a file or an address, after showing what changes'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and not __fish_seen_subcommand_from list show set remove import refresh cost help" -f -a "cost" -d 'Price calls: one JSON object a line in, one a line out'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and not __fish_seen_subcommand_from list show set remove import refresh cost help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from list" -l provider -d 'Only this provider' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from list" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from list" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from list" -l own -d 'Only prices of your own'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from show" -l provider -d 'Provider, as a client names it' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from show" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from show" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l provider -d 'Provider that sells it; left out: whoever' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l from -d 'First day (UTC) on which the price holds; left out: always' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l tier -d 'Only for this service tier: batch, flex, priority or fast' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l input -d 'Per million input tokens' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l output -d 'Per million output tokens' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l cache-read -d 'Per million tokens read from a cache' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l cache-write -d 'Per million tokens written to a cache for five minutes' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l cache-write-1h -d 'Per million tokens written to a cache for an hour' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l reasoning -d 'Per million reasoning tokens; left out: as output' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l request -d 'Per request' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l web-search -d 'Per search of the web' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l currency -d 'Currency of the prices, such as EUR; left out: USD' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l usd-per-unit -d 'How many US dollars one unit of that currency is' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l comment -d 'Kept beside the price' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l free -d 'The model costs nothing'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -l only -d 'Do not take over prices that are not named from the present row'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from remove" -l provider -d 'Provider that sells it; left out: whoever' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from remove" -l from -d 'First day (UTC) on which the price holds; left out: always' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from remove" -l tier -d 'Only for this service tier: batch, flex, priority or fast' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from remove" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from remove" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from import" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from import" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from refresh" -l file -d 'A table in the form of table.json, or the data.json that the project genai-prices publishes' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from refresh" -l url -d 'The same behind an address; left out: cost.prices_url of the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from refresh" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from refresh" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from refresh" -l embedded -d 'Go back to the table that comes with the program'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from refresh" -l yes -d 'Take it over without asking'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from refresh" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from cost" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from cost" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from cost" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "list" -d 'List models with their prices, your own first'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show what a call of a model finds: the row, how it is found, and its prices by date'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "set" -d 'Set a price of your own; prices that are not named are taken over from the present row'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Take a price of your own away again'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "import" -d 'Add every price of a file written like prices.toml'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "refresh" -d 'Take over a newer price table from a file or an address, after showing what changes'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "cost" -d 'Price calls: one JSON object a line in, one a line out'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reindex" -l since -d 'Only traces that start from here on: RFC 3339, a date, or how long ago, such as 7d' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reindex" -l until -d 'Only traces that start before' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reindex" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reindex" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reindex" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reindex" -l prices -d 'Only what calls cost, by today\'s prices: tokens and names stay as they were read'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reindex" -l dialects -d 'Everything but the cost of calls whose model and tokens come out as before'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reindex" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and not __fish_seen_subcommand_from test dry-run help" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and not __fish_seen_subcommand_from test dry-run help" -f -a "test" -d 'Show what becomes of a text; needs no server'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and not __fish_seen_subcommand_from test dry-run help" -f -a "dry-run" -d 'Count what the rules would change of what is stored, while the server runs'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and not __fish_seen_subcommand_from test dry-run help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from test" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from test" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from dry-run" -l since -d 'Only what arrived from here on: RFC 3339, a date, or how long ago, such as 7d' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from dry-run" -l until -d 'Only what arrived before' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from dry-run" -l limit -d 'Records to read at most' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from dry-run" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from dry-run" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from dry-run" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from dry-run" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from help" -f -a "test" -d 'Show what becomes of a text; needs no server'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from help" -f -a "dry-run" -d 'Count what the rules would change of what is stored, while the server runs'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand redact; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reconcile" -l threshold -d 'Share of the larger amount by which two may differ' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reconcile" -l provider -d 'Compare with calls of this provider, as calls name it; may stand several times' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reconcile" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reconcile" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reconcile" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reconcile" -l json -d 'Print the answer as JSON'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand reconcile" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -f -a "list" -d 'List destinations with their state and lag'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -f -a "pause" -d 'Send nothing any more until resumed; what arrives meanwhile waits in the journal'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -f -a "resume" -d 'Go on, and try at once what is held'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -f -a "rewind" -d 'Send again what arrived since a day'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -f -a "test" -d 'Send one record that says it is a test'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -f -a "dead-letters" -d 'Records that a destination will not take'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and not __fish_seen_subcommand_from list pause resume rewind test dead-letters help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from list" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from list" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from list" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from pause" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from pause" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from pause" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from resume" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from resume" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from resume" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from rewind" -l to -d 'First (UTC) day, such as 2026-11-20' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from rewind" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from rewind" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from rewind" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from rewind" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from test" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from test" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from test" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from dead-letters" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from dead-letters" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from dead-letters" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from dead-letters" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from dead-letters" -f -a "list" -d 'List them with the reason and the answer of the destination'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from dead-letters" -f -a "replay" -d 'Send them again'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from dead-letters" -f -a "discard" -d 'Forget them; the records stay in the journal'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from dead-letters" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from help" -f -a "list" -d 'List destinations with their state and lag'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from help" -f -a "pause" -d 'Send nothing any more until resumed; what arrives meanwhile waits in the journal'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from help" -f -a "resume" -d 'Go on, and try at once what is held'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from help" -f -a "rewind" -d 'Send again what arrived since a day'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from help" -f -a "test" -d 'Send one record that says it is a test'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from help" -f -a "dead-letters" -d 'Records that a destination will not take'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand destinations; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -l address -d 'Name or address under which the client reaches this machine; else what this machine is called by its network' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -l key -d 'Key to put where the client wants one' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -l timeout -d 'Give up waiting after so many seconds, and exit with 1' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -l url -d 'Base address of the web port; else taken from the data directory or the configuration' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -l new-key -d 'Make a key with the name of the client, and put that'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -l no-wait -d 'Print the settings, and do not wait'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -l watch -d 'Go on after the first data, until interrupted'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand connect" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and not __fish_seen_subcommand_from list new keep rotate revoke help" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and not __fish_seen_subcommand_from list new keep rotate revoke help" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and not __fish_seen_subcommand_from list new keep rotate revoke help" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and not __fish_seen_subcommand_from list new keep rotate revoke help" -f -a "list" -d 'All keys: what each is for, and when it was last used'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and not __fish_seen_subcommand_from list new keep rotate revoke help" -f -a "new" -d 'Make a key and print it, this once'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and not __fish_seen_subcommand_from list new keep rotate revoke help" -f -a "keep" -d 'Make a key unless it is there: reads the text that is kept, if any, and prints the one to keep'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and not __fish_seen_subcommand_from list new keep rotate revoke help" -f -a "rotate" -d 'Give a key another text and print it, this once'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and not __fish_seen_subcommand_from list new keep rotate revoke help" -f -a "revoke" -d 'Make a key good for nothing, at once'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and not __fish_seen_subcommand_from list new keep rotate revoke help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from list" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from list" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from list" -l all -d 'Revoked ones, too'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from new" -l signals -d 'What may be sent with it, separated by commas' -r -f -a "traces\t''
logs\t''
metrics\t''"
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from new" -l api -d 'A token for the API instead, for scripts and Prometheus' -r -f -a "read\t'May ask for everything and change nothing'
admin\t'May do what the admin may'"
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from new" -l project -d 'Under which everything stands that is sent with it; pages can be filtered by it' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from new" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from new" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from keep" -l signals -d 'What may be sent with it, separated by commas' -r -f -a "traces\t''
logs\t''
metrics\t''"
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from keep" -l api -d 'A token for the API instead, for scripts and Prometheus' -r -f -a "read\t'May ask for everything and change nothing'
admin\t'May do what the admin may'"
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from keep" -l project -d 'Under which everything stands that is sent with it; pages can be filtered by it' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from keep" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from keep" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from keep" -l renew -d 'Give another text to a key whose text is not at hand (what it was is good for another 24 hours), and make one that was revoked again'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from keep" -l check -d 'Only say what would be done'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from keep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l keep -d 'How long the text before is good, such as 1h or 7d; not at all when absent' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "list" -d 'All keys: what each is for, and when it was last used'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "new" -d 'Make a key and print it, this once'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "keep" -d 'Make a key unless it is there: reads the text that is kept, if any, and prints the one to keep'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Give a key another text and print it, this once'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Make a key good for nothing, at once'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand admin; and not __fish_seen_subcommand_from link help" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand admin; and not __fish_seen_subcommand_from link help" -f -a "link" -d 'Print a link to open in a browser; the one before is good no more. Using it signs everybody else out'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand admin; and not __fish_seen_subcommand_from link help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand admin; and __fish_seen_subcommand_from link" -l url -d 'Address of the pages as the browser knows it, such as https://traces.lan; else this machine\'s' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand admin; and __fish_seen_subcommand_from link" -l config -d 'TOML file to read' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand admin; and __fish_seen_subcommand_from link" -l data-dir -d 'Folder for everything that is kept' -r -F
complete -c tracemeter -n "__fish_tracemeter_using_subcommand admin; and __fish_seen_subcommand_from link" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "link" -d 'Print a link to open in a browser; the one before is good no more. Using it signs everybody else out'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand demo" -l to -d 'Base address of the OTLP/HTTP port' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand demo" -l key -d 'Ingest key, where the server asks for one' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand demo" -l traces -d 'How many traces to send' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand demo" -l hours -d 'Over how many hours up to now their start times are spread' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand demo" -l at -d 'Up to which time, instead of now; the same time makes the same traces' -r
complete -c tracemeter -n "__fish_tracemeter_using_subcommand demo" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand version" -s h -l help -d 'Print help'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "serve" -d 'Receive, keep and show traces until told to stop'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "check-config" -d 'Check configuration and environment without opening a port'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "health" -d 'Ask a running server whether it is ready; exits 1 when it is not'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "backup" -d 'Copy everything that cannot be made again to a folder, while the server runs'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "restore" -d 'Make a data directory from a backup, or only check the backup'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "delete" -d 'Delete a trace, a session or a user\'s data everywhere, and print the receipt'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "prices" -d 'Look at prices, set your own, take over a newer table'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "reindex" -d 'Read everything kept anew, after prices or readings have changed, while the server runs'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "redact" -d 'Try rules of redaction on a text, or on what is stored; nothing is changed'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "reconcile" -d 'Compare a provider\'s bill with the calls that were seen'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "destinations" -d 'See how forwarding goes; pause, resume, rewind, test, look after dead letters'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "connect" -d 'Print how a client is set up, wait for its first data, and say which mistake it makes'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "keys" -d 'Make, list, rotate and revoke the keys of who sends, and tokens of scripts; the server may be running or not'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "admin" -d 'Print a one-time link by which the admin\'s name and password are set, for the first time or anew'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "demo" -d 'Send a realistic set of agent traces to a running server'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "version" -d 'Print the version'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and not __fish_seen_subcommand_from serve check-config health backup restore delete prices reindex redact reconcile destinations connect keys admin demo version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "list" -d 'List models with their prices, your own first'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "show" -d 'Show what a call of a model finds: the row, how it is found, and its prices by date'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "set" -d 'Set a price of your own; prices that are not named are taken over from the present row'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "remove" -d 'Take a price of your own away again'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "import" -d 'Add every price of a file written like prices.toml'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "refresh" -d 'Take over a newer price table from a file or an address, after showing what changes'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "cost" -d 'Price calls: one JSON object a line in, one a line out'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from redact" -f -a "test" -d 'Show what becomes of a text; needs no server'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from redact" -f -a "dry-run" -d 'Count what the rules would change of what is stored, while the server runs'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from destinations" -f -a "list" -d 'List destinations with their state and lag'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from destinations" -f -a "pause" -d 'Send nothing any more until resumed; what arrives meanwhile waits in the journal'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from destinations" -f -a "resume" -d 'Go on, and try at once what is held'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from destinations" -f -a "rewind" -d 'Send again what arrived since a day'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from destinations" -f -a "test" -d 'Send one record that says it is a test'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from destinations" -f -a "dead-letters" -d 'Records that a destination will not take'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "list" -d 'All keys: what each is for, and when it was last used'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "new" -d 'Make a key and print it, this once'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "keep" -d 'Make a key unless it is there: reads the text that is kept, if any, and prints the one to keep'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "rotate" -d 'Give a key another text and print it, this once'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "revoke" -d 'Make a key good for nothing, at once'
complete -c tracemeter -n "__fish_tracemeter_using_subcommand help; and __fish_seen_subcommand_from admin" -f -a "link" -d 'Print a link to open in a browser; the one before is good no more. Using it signs everybody else out'
