import django.db.models.deletion
import leaderboard.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Artifact',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('bytes', models.PositiveBigIntegerField()),
                ('media_type', models.CharField(max_length=80)),
                ('created', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(default=1)),
                ('current', models.BooleanField(default=True)),
                ('stage', models.CharField(choices=[('waiting-training', 'waiting-training'), ('training', 'training'), ('waiting-evaluation', 'waiting-evaluation'), ('evaluating', 'evaluating'), ('published', 'published'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='waiting-training', max_length=20)),
                ('stage_since', models.DateTimeField()),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_owner', models.CharField(blank=True, max_length=120)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('not_before', models.DateTimeField(blank=True, null=True)),
                ('rung_at', models.DateTimeField(blank=True, null=True)),
                ('done', models.PositiveIntegerField(default=0)),
                ('of', models.PositiveIntegerField(default=0)),
                ('unit', models.CharField(blank=True, max_length=12)),
                ('error_code', models.CharField(blank=True, max_length=40)),
                ('error_message', models.TextField(blank=True)),
                ('error_hint', models.TextField(blank=True)),
                ('training_job', models.JSONField(blank=True, null=True)),
                ('training_result', models.JSONField(blank=True, null=True)),
                ('evaluation_job', models.JSONField(blank=True, null=True)),
                ('evaluation_result', models.JSONField(blank=True, null=True)),
                ('adapter', models.CharField(blank=True, max_length=64)),
                ('queued_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('trained_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-queued_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Board',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(max_length=40)),
                ('protocol', models.CharField(choices=[('clean', 'clean'), ('official', 'official')], max_length=12)),
                ('dirty', models.BooleanField(default=False)),
                ('sequence', models.PositiveIntegerField(default=0)),
                ('built_at', models.DateTimeField(blank=True, null=True)),
                ('suite_version', models.CharField(blank=True, max_length=40)),
                ('evaluator_version', models.CharField(blank=True, max_length=40)),
                ('ranked', models.PositiveIntegerField(default=0)),
                ('items', models.PositiveIntegerField(default=0)),
                ('axis_low', models.FloatField(default=0)),
                ('axis_high', models.FloatField(default=100)),
            ],
            options={
                'ordering': ['domain', 'protocol'],
                'constraints': [models.UniqueConstraint(fields=('domain', 'protocol'), name='board_once'), models.CheckConstraint(condition=models.Q(('protocol__in', ('clean', 'official'))), name='board_protocol_known')],
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.CharField(default=leaderboard.models.new_id, editable=False, max_length=12, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('description', models.TextField(blank=True)),
                ('domain', models.CharField(max_length=40)),
                ('method', models.CharField(max_length=40)),
                ('base_model', models.CharField(max_length=120)),
                ('is_control', models.BooleanField(default=False)),
                ('recipe', models.JSONField()),
                ('recipe_text', models.TextField()),
                ('recipe_sha256', models.CharField(max_length=64)),
                ('base_pin', models.JSONField()),
                ('dataset_pin', models.JSONField()),
                ('trust', models.CharField(choices=[('verified', 'verified'), ('evaluated', 'evaluated'), ('recomputed', 'recomputed'), ('reported', 'reported')], default='verified', max_length=12)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('suite', models.CharField(max_length=40)),
                ('suite_version', models.CharField(max_length=40)),
                ('evaluator_version', models.CharField(max_length=40)),
                ('protocol', models.CharField(choices=[('clean', 'clean'), ('official', 'official')], max_length=12)),
                ('average', models.FloatField(null=True)),
                ('stderr', models.FloatField(null=True)),
                ('low', models.FloatField(null=True)),
                ('high', models.FloatField(null=True)),
                ('corrected', models.FloatField(null=True)),
                ('unscored', models.TextField(blank=True)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='leaderboard.attempt')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='leaderboard.submission')),
            ],
            options={
                'ordering': ['-created', 'protocol'],
            },
        ),
        migrations.CreateModel(
            name='BoardEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('rank', models.PositiveIntegerField(null=True)),
                ('name', models.CharField(max_length=80)),
                ('owner', models.CharField(max_length=150)),
                ('method', models.CharField(max_length=40)),
                ('method_title', models.CharField(max_length=80)),
                ('base_model', models.CharField(max_length=120)),
                ('trust', models.CharField(max_length=12)),
                ('is_control', models.BooleanField()),
                ('average', models.FloatField(null=True)),
                ('low', models.FloatField(null=True)),
                ('high', models.FloatField(null=True)),
                ('corrected', models.FloatField(null=True)),
                ('unscored', models.TextField(blank=True)),
                ('tasks', models.JSONField()),
                ('gigabytes', models.FloatField(null=True)),
                ('trained_millions', models.FloatField(null=True)),
                ('memory_gigabytes', models.FloatField(null=True)),
                ('seconds', models.FloatField(null=True)),
                ('rounds', models.PositiveIntegerField(null=True)),
                ('submitted_at', models.DateTimeField()),
                ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='leaderboard.board')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='leaderboard.submission')),
            ],
            options={
                'ordering': ['board', 'position'],
            },
        ),
        migrations.AddField(
            model_name='attempt',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='leaderboard.submission'),
        ),
        migrations.CreateModel(
            name='TaskScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('task', models.CharField(max_length=60)),
                ('n', models.PositiveIntegerField()),
                ('accuracy', models.FloatField(null=True)),
                ('stderr', models.FloatField(null=True)),
                ('low', models.FloatField(null=True)),
                ('high', models.FloatField(null=True)),
                ('chance', models.FloatField()),
                ('corrected', models.FloatField(null=True)),
                ('compliance', models.FloatField(null=True)),
                ('unscored', models.TextField(blank=True)),
                ('items', models.CharField(blank=True, max_length=64)),
                ('score', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='leaderboard.score')),
            ],
            options={
                'ordering': ['score', 'position'],
            },
        ),
        migrations.CreateModel(
            name='LogChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log', to='leaderboard.attempt')),
            ],
            options={
                'ordering': ['attempt', 'seq'],
                'constraints': [models.UniqueConstraint(fields=('attempt', 'seq'), name='log_seq_once')],
            },
        ),
        migrations.CreateModel(
            name='ProgressLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField()),
                ('stage', models.CharField(max_length=20)),
                ('event', models.CharField(max_length=20)),
                ('data', models.JSONField()),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='progress', to='leaderboard.attempt')),
            ],
            options={
                'ordering': ['attempt', 'seq'],
                'constraints': [models.UniqueConstraint(fields=('attempt', 'seq'), name='progress_seq_once')],
            },
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['owner', 'recipe_sha256'], name='submission_same_recipe'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['owner', '-created'], name='submission_of_owner'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['domain', '-created'], name='submission_of_domain'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=models.Q(('trust__in', ('verified', 'evaluated', 'recomputed', 'reported'))), name='submission_trust_known'),
        ),
        migrations.AddIndex(
            model_name='score',
            index=models.Index(fields=['suite', 'protocol', 'created'], name='score_of_board'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.UniqueConstraint(fields=('submission', 'suite', 'suite_version', 'evaluator_version', 'protocol'), name='score_once'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(('protocol__in', ('clean', 'official'))), name='score_protocol_known'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(('average__isnull', False), models.Q(('unscored', ''), _negated=True), _connector='OR'), name='score_or_reason'),
        ),
        migrations.AddIndex(
            model_name='boardentry',
            index=models.Index(fields=['board', 'rank'], name='entry_by_rank'),
        ),
        migrations.AddConstraint(
            model_name='boardentry',
            constraint=models.UniqueConstraint(fields=('board', 'submission'), name='entry_once'),
        ),
        migrations.AddConstraint(
            model_name='boardentry',
            constraint=models.UniqueConstraint(fields=('board', 'position'), name='entry_position_once'),
        ),
        migrations.AddConstraint(
            model_name='boardentry',
            constraint=models.CheckConstraint(condition=models.Q(('rank__isnull', True), ('is_control', False), _connector='OR'), name='entry_control_unranked'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['stage', 'stage_since'], name='attempt_queue'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['stage', 'lease_until'], name='attempt_leases'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['current', '-queued_at'], name='attempt_listing'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(fields=('submission', 'number'), name='attempt_number_once'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('current', True)), fields=('submission',), name='attempt_one_current'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(('stage__in', ('waiting-training', 'training', 'waiting-evaluation', 'evaluating', 'published', 'failed', 'cancelled'))), name='attempt_stage_known'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage__in', ('training', 'evaluating')), _negated=True), models.Q(('lease_until__isnull', False), models.Q(('lease_owner', ''), _negated=True)), _connector='OR'), name='attempt_held_under_lease'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage', 'failed'), _negated=True), models.Q(('error_code', ''), _negated=True), _connector='OR'), name='attempt_failure_has_code'),
        ),
        migrations.AddConstraint(
            model_name='taskscore',
            constraint=models.UniqueConstraint(fields=('score', 'task'), name='task_score_once'),
        ),
        migrations.AddConstraint(
            model_name='taskscore',
            constraint=models.CheckConstraint(condition=models.Q(('accuracy__isnull', False), models.Q(('unscored', ''), _negated=True), _connector='OR'), name='task_score_or_reason'),
        ),
    ]
