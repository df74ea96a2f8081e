# A private Request Tracker for one folder: everything that it writes stays there, it sends no mail, and it listens on
# loopback only. The environment names folder and port.
my $folder = $ENV{TWINWRIGHT_RT_FOLDER} or die "TWINWRIGHT_RT_FOLDER is not set";
$RT::VarPath        = "$folder/var";
$RT::MasonDataDir   = "$folder/var/mason";
$RT::MasonSessionDir = "$folder/var/sessions";

Set($rtname, 'maintenance');
Set($Organization, 'maintenance.invalid');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, "$folder/var/rt.db");
Set($WebDomain, '127.0.0.1');
Set($WebPort, $ENV{TWINWRIGHT_RT_PORT});
Set($WebPath, '');
Set($MailCommand, 'sendmailpipe');
Set($SendmailPath, '/bin/true');
# Every request logs in; at the usual cost of 12 that alone takes a third of a second. Its passwords live a few minutes.
Set($BcryptCost, 4);
Set($LogToSyslog, undef);
Set($LogToFile, undef);
Set($LogToSTDERR, 'warning');
# On purpose not UTC: times that come back have to be right all the same.
Set($Timezone, 'Europe/Berlin');
Set($InitialdataFormatHandlers, ['perl', 'RT::Initialdata::JSON']);

Set(%Lifecycles,
    workorders => {
        initial  => ['requested'],
        active   => ['planned', 'in work', 'on hold'],
        inactive => ['completed', 'cancelled', 'deleted'],
        defaults => { on_create => 'requested' },
        transitions => {
            ''          => ['requested'],
            'requested' => ['planned', 'cancelled', 'deleted'],
            'planned'   => ['in work', 'cancelled', 'deleted'],
            'in work'   => ['on hold', 'completed', 'cancelled'],
            'on hold'   => ['in work', 'cancelled'],
            'completed' => ['in work'],
            'cancelled' => ['deleted'],
            'deleted'   => [],
        },
        rights  => { '* -> *' => 'ModifyTicket' },
        actions => [
            'requested -> planned'   => { label => 'Plan' },
            'planned -> in work'     => { label => 'Start work', update => 'Comment' },
            'in work -> on hold'     => { label => 'Hold', update => 'Comment' },
            'on hold -> in work'     => { label => 'Go on', update => 'Comment' },
            'in work -> completed'   => { label => 'Complete', update => 'Comment' },
            'requested -> cancelled' => { label => 'Cancel', update => 'Comment' },
        ],
    },
);
1;
