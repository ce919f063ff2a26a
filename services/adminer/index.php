<?php

declare(strict_types=1);

/** The field without the script that looks for a choice of systems, which this form has not. */
final class PlainUserName
{
    public function loginFormField(string $name, string $heading, string $value): ?string
    {
        return $name === 'username'
            ? $heading . '<input name="auth[username]" autocomplete="username" autocapitalize="off" autofocus required>'
            : null;
    }
}

/** Adminer for the site's database and no other, which asks nobody outside for a newer version. */
function adminer_object(): object
{
    $plugins = '/usr/share/adminer/plugins';
    require_once "$plugins/plugin.php";
    require_once "$plugins/login-servers.php";
    require_once "$plugins/version-noverify.php";
    // The name stands in every address, so the host and its port stay out of sight.
    return new AdminerPlugin([
        new PlainUserName(),
        new AdminerLoginServers([
            'mariadb' => ['server' => 'mariadb.backend:' . getenv('DB_PORT'), 'driver' => 'server'],
        ]),
        new AdminerVersionNoverify(),
    ]);
}

require '/usr/share/adminer/adminer.php';
